import { OnnxBackend, onnxOptions } from "@plinth/backend-onnx";
import { type ModelExample, testBackend } from "@plinth/conformance";
import { DEFAULT_SIGNATURE, PREDICT_METHOD, type Tensor, type TensorSpec } from "@plinth/core";
import { float32, modelPath, strings } from "./example-models.js";

const VECTOR: TensorSpec = { dtype: "float32", shape: [-1] };
const ROWS: TensorSpec = { dtype: "float32", shape: [-1, 2] };
const ANY: TensorSpec = { dtype: "float32", shape: undefined };
const ANY_TEXT: TensorSpec = { dtype: "string", shape: undefined };

testBackend("backend-onnx", {
  create: () => new OnnxBackend(onnxOptions.parse({})),
  models: [
    {
      directory: modelPath("half-plus-two/1"),
      signatures: signatures({ x: ANY }, { y: ANY }),
      runs: [
        run({ x: float32([1, 2, 5]) }, { y: float32([2.5, 3, 4.5]) }),
        run({ x: float32([]) }, { y: float32([]) }),
      ],
    },
    {
      directory: modelPath("."),
      paths: ["sum-and-difference.onnx"],
      signatures: signatures({ a: VECTOR, b: VECTOR }, { sum: VECTOR, difference: VECTOR }),
      runs: [
        run({ a: float32([1]), b: float32([2]) }, { sum: float32([3]), difference: float32([-1]) }),
        run(
          { a: float32([0.5, 4]), b: float32([0.25, 1]) },
          { sum: float32([0.75, 5]), difference: float32([0.25, 3]) },
        ),
      ],
      misshapen: [
        run({ a: float32([1, 2]), b: float32([1, 2, 3]) }, {}),
        run({ a: float32([1], [1, 1]), b: float32([1]) }, {}),
      ],
    },
    {
      directory: modelPath("external/good"),
      signatures: signatures({ x: ROWS }, { y: ROWS }),
      runs: [
        run({ x: float32([1, 1], [1, 2]) }, { y: float32([4, 6], [1, 2]) }),
        run({ x: float32([1, 0, 0, 1], [2, 2]) }, { y: float32([1, 2, 3, 4], [2, 2]) }),
      ],
      misshapen: [run({ x: float32([1, 2, 3], [1, 3]) }, {})],
    },
    {
      directory: modelPath("identity"),
      paths: ["string.onnx"],
      signatures: signatures({ x: ANY_TEXT }, { y: ANY_TEXT }),
      runs: [run({ x: strings("", "né") }, { y: strings("", "né") }), run({ x: strings("a") }, { y: strings("a") })],
    },
  ],
  broken: [
    {
      directory: modelPath("external/missing"),
      fault: "lacks its external data",
      reason: "MODEL_FILE_INVALID",
      names: "weights.bin",
    },
    {
      directory: modelPath("invalid"),
      paths: ["dangling-edge.onnx"],
      fault: "uses what nobody computes",
      reason: "MODEL_FILE_INVALID",
      names: "dangling-edge.onnx",
    },
    {
      directory: modelPath("unsupported"),
      paths: ["bfloat16.onnx"],
      fault: "takes bfloat16",
      reason: "MODEL_UNSUPPORTED",
      names: "bfloat16.onnx",
    },
  ],
});

function signatures(
  inputs: Readonly<Record<string, TensorSpec>>,
  outputs: Readonly<Record<string, TensorSpec>>,
): ModelExample["signatures"] {
  const signature = {
    inputs: new Map(Object.entries(inputs)),
    outputs: new Map(Object.entries(outputs)),
    method: PREDICT_METHOD,
    shapes: "binding",
  } as const;
  return new Map([[DEFAULT_SIGNATURE, signature]]);
}

function run(inputs: Readonly<Record<string, Tensor>>, outputs: Readonly<Record<string, Tensor>>) {
  return {
    signature: DEFAULT_SIGNATURE,
    inputs: new Map(Object.entries(inputs)),
    outputs: new Map(Object.entries(outputs)),
  };
}
