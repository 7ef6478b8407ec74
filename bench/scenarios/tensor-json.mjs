import { decodePredict } from "../../plugins/protocol-rest/dist/tensorflow-serving/decode.js";
import { encodePredict } from "../../plugins/protocol-rest/dist/tensorflow-serving/encode.js";
import { median } from "../measure/statistics.mjs";
import { pseudoRandom } from "../models/pseudo-random.mjs";

/** Times each case interleaved with its counterpart, after it was checked that both give the same values. */
export const tensorJson = {
  title: "tensors from and to JSON: JSON.parse or JSON.stringify, and ours",

  async run() {
    return { tables: [{ rows: cases() }], targets: [] };
  },
};

function cases() {
  const random = pseudoRandom(1);
  const pixel = () => Math.floor(random() * 256) / 255;
  const mixed = () =>
    [() => 0, () => pixel().toFixed(3), () => 0.5, () => Math.floor(random() * 256)][(random() * 4) | 0]();
  const image = [1, 224, 224, 3];
  return [
    reading("read 224x224x3 image, 3 decimals", image, () => pixel().toFixed(3), 40),
    reading("read 224x224x3 image, 17 digits", image, () => pixel().toPrecision(17), 40),
    reading("read 224x224x3 image, shortest doubles", image, () => random() * 2 - 1, 40),
    reading("read 784-number row, mixed", [1, 784], mixed, 4000),
    reading("read 784-number row, 3 decimals", [1, 784], () => pixel().toFixed(3), 4000),
    writing("write 10 float32", 10, random, 20000),
    writing("write 1000 float32", 1000, random, 4000),
    writing("write 150528 float32", 150528, random, 40),
  ];
}

function reading(task, shape, next, runs) {
  const body = Buffer.from(`{"instances": ${nested(shape, next)}}`);
  const count = shape.reduce((product, length) => product * length);
  const builtin = () => flatten(JSON.parse(body.toString()).instances, new Float32Array(count));
  const ours = () => decodePredict(body, () => SIGNATURE).inputs.get("x").data;
  checkSame(builtin(), ours());
  return compare(task, body.length, builtin, ours, runs);
}

function writing(task, count, random, runs) {
  const values = Float32Array.from({ length: count }, random);
  const plain = Array.from(values);
  const outputs = new Map([["y", { dtype: "float32", shape: [count], data: values }]]);
  const builtin = () => Buffer.from(JSON.stringify({ predictions: plain }));
  const ours = () => encodePredict(outputs, "row");
  checkSame(values, Float32Array.from(JSON.parse(ours().toString()).predictions));
  return compare(task, ours().length, builtin, ours, runs);
}

const SIGNATURE = {
  inputs: new Map([["x", { dtype: "float32", shape: undefined }]]),
  outputs: new Map(),
  method: "",
  shapes: "advisory",
};

function compare(task, bytes, builtin, ours, runs) {
  const times = { builtin: [], ours: [] };
  for (let run = 0; run < runs; run++) {
    times.builtin.push(timed(builtin));
    times.ours.push(timed(ours));
  }
  const builtinUs = median(times.builtin);
  const oursUs = median(times.ours);
  return { name: task, bytes, builtinUs, oursUs, timesAsFast: builtinUs / oursUs };
}

function timed(run) {
  const start = performance.now();
  run();
  return (performance.now() - start) * 1000;
}

function flatten(value, into) {
  let at = 0;
  const visit = (list) => {
    for (let index = 0; index < list.length; index++) {
      const item = list[index];
      if (typeof item === "number") into[at++] = item;
      else visit(item);
    }
  };
  visit(value);
  return into;
}

function nested([length, ...rest], next) {
  const items = Array.from({ length }, () => (rest.length === 0 ? next() : nested(rest, next)));
  return `[${items.join(", ")}]`;
}

function checkSame(expected, got) {
  if (expected.length !== got.length) throw new Error(`expected ${expected.length} values, got ${got.length}`);
  for (let index = 0; index < expected.length; index++) {
    if (!Object.is(expected[index], got[index])) {
      throw new Error(`value ${index}: expected ${expected[index]}, got ${got[index]}`);
    }
  }
}
