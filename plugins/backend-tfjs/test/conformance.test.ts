import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ModelExample, testBackend } from "@plinth/conformance";
import { DEFAULT_SIGNATURE, PREDICT_METHOD, type Tensor, type TensorSpec } from "@plinth/core";
import { afterAll } from "vitest";
import { createBackend, ENGINE, OWN_MODELS } from "./loading.js";
import { float32 } from "./running-ops.js";
import { graphModelFiles, ModelFolder, placeholder, port } from "./tfjs-files.js";

const folder = await ModelFolder.create();
const node = [
  placeholder("x"),
  placeholder("y"),
  { name: "sum", op: "AddV2", input: ["x", "y"], attr: { T: { type: "DT_FLOAT" } } },
];
const signature = { inputs: { x: port("x:0"), y: port("y:0") }, outputs: { sum: port("sum:0") } };
const sum = await folder.write("sum", graphModelFiles({ node, signature }));
const broken = await folder.write("broken", { "model.json": "{}" });
const unsupported = await folder.write(
  "unsupported",
  graphModelFiles({ node: [placeholder("x"), { name: "y", op: "DecodeWav", input: ["x"] }] }),
);
const torn = await folder.write("torn", {
  "saved_model.pb": readFileSync(join(OWN_MODELS, "affine/1/saved_model.pb")).subarray(0, 900),
});

const VECTOR: TensorSpec = { dtype: "float32", shape: [-1] };

afterAll(() => folder[Symbol.asyncDispose]());

testBackend(`backend-tfjs on ${ENGINE}`, {
  create: () => createBackend(),
  models: [
    {
      directory: sum,
      signatures: signatures({ x: VECTOR, y: VECTOR }, { sum: VECTOR }),
      runs: [
        run({ x: float32([1, 2]), y: float32([3, 4]) }, { sum: float32([4, 6]) }),
        run({ x: float32([]), y: float32([]) }, { sum: float32([]) }),
      ],
      misshapen: [run({ x: float32([1, 2]), y: float32([1, 2, 3]) }, {})],
    },
  ],
  broken: [
    { directory: broken, fault: "has no topology", reason: "MODEL_FILE_INVALID", names: "model.json" },
    { directory: torn, fault: "is cut off", reason: "MODEL_FILE_INVALID", names: "saved_model.pb" },
    { directory: unsupported, fault: "has an op that nobody has", reason: "MODEL_UNSUPPORTED", names: "DecodeWav" },
  ],
});

function signatures(
  inputs: Readonly<Record<string, TensorSpec>>,
  outputs: Readonly<Record<string, TensorSpec>>,
): ModelExample["signatures"] {
  const only = {
    inputs: new Map(Object.entries(inputs)),
    outputs: new Map(Object.entries(outputs)),
    method: PREDICT_METHOD,
    shapes: "binding",
  } as const;
  return new Map([[DEFAULT_SIGNATURE, only]]);
}

function run(inputs: Readonly<Record<string, Tensor>>, outputs: Readonly<Record<string, Tensor>>) {
  return {
    signature: DEFAULT_SIGNATURE,
    inputs: new Map(Object.entries(inputs)),
    outputs: new Map(Object.entries(outputs)),
  };
}
