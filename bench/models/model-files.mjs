import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { NETWORKS } from "./networks.mjs";
import { pseudoRandom } from "./pseudo-random.mjs";

const example = (path) => fileURLToPath(new URL(`../../examples/digits/${path}`, import.meta.url));

/** The committed digits: a perceptron, which is the tiny model here, and a small convolutional network. */
export const DIGITS = [example("models/digits/1/model.onnx"), example("models/digits/2/model.onnx")];

/** A request of one row of 784 numbers, which every model but `picture` takes. */
export const ROW_BODY = JSON.stringify(JSON.parse(readFileSync(example("seven.json"), "utf8")));

/** A request of one picture for the model `picture`, three decimals a number. */
export function pictureBody() {
  const random = pseudoRandom(1);
  const list = (length, item) => `[${Array.from({ length }, item).join(", ")}]`;
  const pixel = () => list(3, () => random().toFixed(3));
  return `{"instances": [${list(224, () => list(224, pixel))}]}`;
}

/** The file of a network of networks.mjs in `folder`, which is made when it is first asked for. */
export function modelFile(folder, network) {
  const file = join(folder, `${network}.onnx`);
  if (!existsSync(file)) writeFileSync(file, NETWORKS[network]());
  return file;
}
