import { infer } from "../../libraries/open-inference/dist/index.js";
import { readInfer } from "../../plugins/protocol-grpc/dist/open-inference/decode.js";
import { encodeInfer as encodeMessage } from "../../plugins/protocol-grpc/dist/open-inference/encode.js";
import { TensorBudget } from "../../plugins/protocol-grpc/dist/wire/tensor-budget.js";
import { decodeInfer } from "../../plugins/protocol-rest/dist/open-inference/decode.js";
import { encodeInfer } from "../../plugins/protocol-rest/dist/open-inference/encode.js";
import { median } from "../measure/statistics.mjs";
import { below } from "../target.mjs";

const SHAPE = [1, 224, 224, 3];
const COUNT = SHAPE.reduce((product, length) => product * length);
const RUNS = 400;
const WANTED_MS = 1;

const SIGNATURE = {
  inputs: new Map([["x", { dtype: "float32", shape: [-1, 224, 224, 3] }]]),
  outputs: new Map([["y", { dtype: "float32", shape: [-1, 224, 224, 3] }]]),
  method: "",
  shapes: "binding",
};

/** A version that gives its input back, so that nothing is measured but reading and writing. */
const ECHO = {
  model: "echo",
  version: 1n,
  backend: "echo",
  signatures: new Map([["serving_default", SIGNATURE]]),
  signature: () => SIGNATURE,
  infer: async ({ inputs }) => ({ outputs: new Map([["y", inputs.get("x")]]), model: "echo", version: 1n }),
};

/** Reads a request of a picture as raw bytes, checks it, and writes it back, in one process, without any network. */
export const tensorRaw = {
  title: "a 224x224x3 float32 tensor as raw bytes by the Open Inference Protocol: decoded, checked, encoded",

  async run() {
    const rows = [
      await timed("REST, aligned as bodies of several parts are", restBody(8), throughRest),
      await timed("REST, in one part that begins anywhere", restBody(3), throughRest),
      await timed("gRPC", grpcMessage(), throughGrpc),
    ];
    const targets = rows.map(({ name, medianMs }) => below(`224x224x3 float32, ${name}`, medianMs, WANTED_MS, " ms"));
    return { tables: [{ rows }], targets };
  },
};

async function timed(name, { body, jsonBytes }, through) {
  checkSame(await through(body, jsonBytes));
  const times = [];
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now();
    await through(body, jsonBytes);
    times.push(performance.now() - start);
  }
  return { name, bytes: body.length, medianMs: median(times) };
}

async function throughRest(body, jsonBytes) {
  const answer = await infer(ECHO, decodeInfer(body, jsonBytes), arrival());
  return encodeInfer(answer).chunks.at(-1);
}

async function throughGrpc(message) {
  const answer = await infer(ECHO, readInfer(message, "", new TensorBudget(message.length)), arrival());
  return encodeMessage(answer);
}

function arrival() {
  const arrivedAtMs = performance.now();
  return { arrivedAtMs, deadlineMs: arrivedAtMs + 1_000, signal: undefined, origin: undefined };
}

function picture() {
  return Buffer.from(Float32Array.from({ length: COUNT }, (_, index) => index % 255).buffer);
}

/** Its raw bytes begin at a multiple of `alignment`, and at no larger one. */
function restBody(alignment) {
  const json = Buffer.from(
    JSON.stringify({
      inputs: [{ name: "x", shape: SHAPE, datatype: "FP32", parameters: { binary_data_size: COUNT * 4 } }],
      parameters: { binary_data_output: true },
    }),
  );
  const padding = (alignment - (json.length % 8) + 8) % 8;
  const whole = Buffer.alloc(padding + json.length + COUNT * 4);
  json.copy(whole, padding);
  picture().copy(whole, padding + json.length);
  return { body: whole.subarray(padding), jsonBytes: json.length };
}

/** A `ModelInferRequest`, written by hand: fields 1, 5 and 7. */
function grpcMessage() {
  const shape = Buffer.from([1, 224, 1, 224, 1, 3]);
  const input = Buffer.concat([field(1, Buffer.from("x")), field(2, Buffer.from("FP32")), field(3, shape)]);
  const body = Buffer.concat([field(1, Buffer.from("echo")), field(5, input), field(7, picture())]);
  return { body, jsonBytes: undefined };
}

function field(number, bytes) {
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...varint(bytes.length)]), bytes]);
}

function varint(value) {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}

function checkSame(encoded) {
  const expected = picture();
  if (!Buffer.from(encoded).subarray(-expected.length).equals(expected))
    throw new Error("the picture came back changed");
}
