import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { TensorProto } from "@plinth/protobuf-messages/tensorflow/tensor";
import { PredictRequest } from "@plinth/protobuf-messages/tensorflow_serving/prediction_service";

const FLOAT = 1;

/** The `PredictRequest` of one row of 784 numbers for the digits, in `float_val`, as TensorFlow's own clients make it. */
export function digitsMessage(model) {
  const seven = fileURLToPath(new URL("../../examples/digits/seven.json", import.meta.url));
  const [row] = JSON.parse(readFileSync(seven, "utf8")).instances;
  return predictMessage(model, { image: tensor([1, 784], (row.image ?? row).flat(), "floatVal") });
}

/** One picture of 224x224x3, in `tensor_content`. */
export function pictureMessage(model, input) {
  const numbers = new Float32Array(224 * 224 * 3).fill(0.5);
  return predictMessage(model, { [input]: tensor([1, 224, 224, 3], new Uint8Array(numbers.buffer), "tensorContent") });
}

function predictMessage(name, inputs) {
  const request = PredictRequest.fromPartial({ modelSpec: { name }, inputs: new Map(Object.entries(inputs)) });
  return Buffer.from(PredictRequest.encode(request).finish());
}

function tensor(shape, values, field) {
  const dim = shape.map((size) => ({ size: BigInt(size) }));
  return TensorProto.fromPartial({ dtype: FLOAT, tensorShape: { dim }, [field]: values });
}
