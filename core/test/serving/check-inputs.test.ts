import { describe, expect, it } from "vitest";
import { createTensor, PREDICT_METHOD, type Signature, type Tensor } from "../../src/index.js";
import { checkInputs, completeInputs } from "../../src/serving/execution/check-inputs.js";

function signature(shapes: Signature["shapes"]): Signature {
  return {
    inputs: new Map([
      ["image", { dtype: "float32", shape: [-1, 4] }],
      ["name", { dtype: "string", shape: undefined }],
    ]),
    outputs: new Map(),
    method: PREDICT_METHOD,
    shapes,
  };
}

const name = createTensor("string", [], [new Uint8Array()]);
const image = createTensor("float32", [2, 4], new Float32Array(8));

describe("inputs of a request", () => {
  it("are taken where they fit the signature", () => {
    expect(() =>
      checkInputs(
        signature("binding"),
        new Map<string, Tensor>([
          ["name", name],
          ["image", image],
        ]),
      ),
    ).not.toThrow();
  });

  it.each<[string, [string, Tensor][], string, string]>([
    [
      "one is missing",
      [["image", image]],
      "INPUT_MISSING",
      'Input "name" is missing: expected string unknown rank, got only "image"',
    ],
    [
      "one is unknown",
      [
        ["image", image],
        ["name", name],
        ["extra", name],
      ],
      "INPUT_UNKNOWN",
      'no input "extra"; its inputs are "image", "name"',
    ],
    [
      "the dtype differs",
      [
        ["image", createTensor("float64", [1, 4], new Float64Array(4))],
        ["name", name],
      ],
      "INPUT_DTYPE_MISMATCH",
      "expected to be float32, got float64",
    ],
    [
      "the rank differs",
      [
        ["image", createTensor("float32", [4], new Float32Array(4))],
        ["name", name],
      ],
      "INPUT_SHAPE_MISMATCH",
      "shape [-1,4] (-1 is any length), got [4]",
    ],
    [
      "a fixed dimension differs",
      [
        ["image", createTensor("float32", [1, 3], new Float32Array(3))],
        ["name", name],
      ],
      "INPUT_SHAPE_MISMATCH",
      "got [1,3]",
    ],
    [
      "the data does not fill the shape",
      [
        ["image", { ...image, shape: [3, 4] }],
        ["name", name],
      ],
      "TENSOR_INVALID",
      "needs 12 elements, got 8",
    ],
  ])("are refused where %s", (_what, inputs, reason, message) => {
    expect(() => checkInputs(signature("binding"), new Map(inputs))).toThrow(
      expect.objectContaining({ reason, message: expect.stringContaining(message) }),
    );
  });

  it("may have other shapes where those of the signature are advisory", () => {
    const inputs = new Map<string, Tensor>([
      ["image", createTensor("float32", [3], new Float32Array(3))],
      ["name", name],
    ]);
    expect(() => checkInputs(signature("advisory"), inputs)).not.toThrow();
  });
});

describe("an input with a default", () => {
  const scale = createTensor("float32", [], Float32Array.of(2));
  const withDefault: Signature = {
    ...signature("binding"),
    inputs: new Map([
      ["name", { dtype: "string", shape: undefined }],
      ["scale", { dtype: "float32", shape: [], default: scale }],
    ]),
  };

  it("may be left out, and stands in for itself", () => {
    const inputs = new Map<string, Tensor>([["name", name]]);
    expect(() => checkInputs(withDefault, inputs)).not.toThrow();
    expect(completeInputs(withDefault, inputs)).toEqual(new Map<string, Tensor>([...inputs, ["scale", scale]]));
  });

  it("gives way to what a request brings", () => {
    const inputs = new Map<string, Tensor>([
      ["name", name],
      ["scale", createTensor("float32", [], Float32Array.of(3))],
    ]);
    expect(completeInputs(withDefault, inputs)).toBe(inputs);
  });

  it("does not hide an unknown one", () => {
    const inputs = new Map<string, Tensor>([
      ["name", name],
      ["sclae", scale],
    ]);
    expect(() => checkInputs(withDefault, inputs)).toThrow('no input "sclae"; its inputs are "name", "scale"');
  });
});
