import type { Signature, TensorSpec } from "@plinth/core";
import { describe, expect, it } from "vitest";
import {
  CLASSIFY_METHOD,
  type Example,
  ExampleBatch,
  exampleForm,
  exampleInputs,
  REGRESS_METHOD,
  writeExample,
} from "../src/index.js";
import { bytes, example } from "./examples.js";
import { floats, signature, strings, tensor } from "./fake-servable.js";
import { thrownBy } from "./thrown.js";

const scores = { scores: { dtype: "float32", shape: [-1, -1] } } as const;

function taking(
  inputs: Readonly<Record<string, TensorSpec>>,
  options: Partial<Pick<Signature, "method" | "shapes">> = {},
) {
  return signature(inputs, scores, options);
}

function inputsOf(
  inputs: Readonly<Record<string, TensorSpec>>,
  examples: readonly Example[],
  shapes?: Signature["shapes"],
) {
  return exampleInputs(taking(inputs, shapes === undefined ? {} : { shapes }), ExampleBatch.ofParsed(examples));
}

describe("the form in which a signature takes examples", () => {
  const list: TensorSpec = { dtype: "string", shape: [-1] };
  it.each<[what: string, expected: "serialized" | "dense", signature: Signature]>([
    [
      "classify with a string of unknown rank",
      "serialized",
      taking({ inputs: { dtype: "string", shape: undefined } }, { method: CLASSIFY_METHOD }),
    ],
    ["regress with a list of strings of any name", "serialized", taking({ x: list }, { method: REGRESS_METHOD })],
    ["predict with TensorFlow 2's name", "serialized", taking({ inputs: list })],
    ["predict with the name of exported parsers", "serialized", taking({ examples: list })],
    ["predict with another name", "dense", taking({ text: list })],
    [
      "regress with numbers",
      "dense",
      taking({ inputs: { dtype: "float32", shape: [-1, 1] } }, { method: REGRESS_METHOD }),
    ],
    [
      "classify with a matrix of strings",
      "dense",
      taking({ inputs: { dtype: "string", shape: [-1, 2] } }, { method: CLASSIFY_METHOD }),
    ],
    ["two inputs", "dense", taking({ inputs: list, x: list }, { method: CLASSIFY_METHOD })],
    ["no inputs", "dense", taking({})],
  ])("%s: %s", (_, expected, asked) => {
    expect(exampleForm(asked)).toBe(expected);
  });
});

describe("examples as inputs", () => {
  it("are one string each where the graph parses them", () => {
    const examples = [example({ x: [1] }), example({ x: [2] })];
    const inputs = inputsOf({ inputs: { dtype: "string", shape: [-1] } }, examples);
    expect(inputs).toEqual(new Map([["inputs", tensor("string", [2], examples.map(writeExample))]]));
  });

  it("are the very bytes that came", () => {
    const came = [bytes("no example at all")];
    const inputs = exampleInputs(taking({ inputs: { dtype: "string", shape: [-1] } }), ExampleBatch.ofSerialized(came));
    expect(inputs.get("inputs")?.data).toBe(came);
  });

  it.each<[what: string, spec: TensorSpec, values: readonly (readonly number[])[], shape: readonly number[]]>([
    ["a column", { dtype: "float32", shape: [-1, 1] }, [[1], [2]], [2, 1]],
    [
      "a matrix a row",
      { dtype: "float32", shape: [-1, 2, 2] },
      [
        [1, 2, 3, 4],
        [5, 6, 7, 8],
      ],
      [2, 2, 2],
    ],
    ["rows of unknown length", { dtype: "float32", shape: [-1, 2, -1] }, [[1, 2, 3, 4]], [1, 2, 2]],
    ["unknown rank", { dtype: "float32", shape: undefined }, [[1], [2]], [2, 1]],
    ["a number each", { dtype: "float32", shape: [-1] }, [[1], [2]], [2]],
    ["a scalar", { dtype: "float32", shape: [] }, [[1]], []],
    ["empty rows", { dtype: "float32", shape: [-1, 0] }, [[], []], [2, 0]],
  ])("are laid out as %s", (_, spec, values, shape) => {
    const examples = values.map((row): Example => new Map([["x", { kind: "float", values: Float32Array.from(row) }]]));
    expect(inputsOf({ x: spec }, examples).get("x")).toEqual(floats(shape, ...values.flat()));
  });

  it("get an axis where the signature's shape is documentation only", () => {
    const inputs = inputsOf(
      { x: { dtype: "float32", shape: [] } },
      [example({ x: [1] }), example({ x: [2] })],
      "advisory",
    );
    expect(inputs.get("x")).toEqual(floats([2], 1, 2));
  });

  it("are of every dtype that a feature holds", () => {
    const spec = (dtype: TensorSpec["dtype"]): TensorSpec => ({ dtype, shape: [-1, 2] });
    const inputs = inputsOf(
      {
        text: spec("string"),
        wide: spec("int64"),
        byte: spec("uint8"),
        flag: spec("bool"),
        large: spec("uint64"),
        double: spec("float64"),
      },
      [
        example({
          text: ["a", "b"],
          wide: [1n, -(2n ** 63n)],
          byte: [0n, 255n],
          flag: [0n, 1n],
          large: [1n, 2n],
          double: [0.5, 1.5],
          unused: [1],
        }),
      ],
    );
    expect(inputs).toEqual(
      new Map([
        ["text", strings([1, 2], "a", "b")],
        ["wide", tensor("int64", [1, 2], new BigInt64Array([1n, -(2n ** 63n)]))],
        ["byte", tensor("uint8", [1, 2], new Uint8Array([0, 255]))],
        ["flag", tensor("bool", [1, 2], new Uint8Array([0, 1]))],
        ["large", tensor("uint64", [1, 2], new BigUint64Array([1n, 2n]))],
        ["double", tensor("float64", [1, 2], new Float64Array([0.5, 1.5]))],
      ]),
    );
  });

  const column: TensorSpec = { dtype: "float32", shape: [-1, 2] };
  it.each<[what: string, spec: TensorSpec, examples: readonly Example[], reason: string, fragment: string]>([
    [
      "a missing feature",
      column,
      [example({ x: [1, 2] }), example({ y: [1] })],
      "INPUT_MISSING",
      'Example 1 has no value of the feature "x"',
    ],
    [
      "a feature of no kind",
      column,
      [new Map([["x", { kind: "none", values: [] }]])],
      "INPUT_MISSING",
      'it has the features "x"',
    ],
    ["whole numbers for floats", column, [example({ x: [1n, 2n] })], "INPUT_DTYPE_MISMATCH", "need a point, as 8.0"],
    [
      "floats for strings",
      { dtype: "string", shape: [-1, 1] },
      [example({ x: [1] })],
      "INPUT_DTYPE_MISMATCH",
      "expected bytes values",
    ],
    ["another number of values", column, [example({ x: [1] })], "INPUT_SHAPE_MISMATCH", '"x": 1; expected 2'],
    [
      "rows of unequal length",
      column,
      [example({ x: [1, 2] }), example({ x: [1] })],
      "INPUT_SHAPE_MISMATCH",
      "as example 0 has",
    ],
    [
      "an odd number in pairs",
      { dtype: "float32", shape: [-1, -1, 2] },
      [example({ x: [1, 2, 3] })],
      "INPUT_SHAPE_MISMATCH",
      "a multiple of 2",
    ],
    [
      "several unknown lengths",
      { dtype: "float32", shape: [-1, -1, -1] },
      [example({ x: [1] })],
      "INPUT_SHAPE_MISMATCH",
      "2 unknown dimensions",
    ],
    [
      "several examples for a scalar",
      { dtype: "float32", shape: [] },
      [example({ x: [1] }), example({ x: [1] })],
      "INPUT_SHAPE_MISMATCH",
      "no axis",
    ],
    [
      "an integer out of range",
      { dtype: "int8", shape: [-1] },
      [example({ x: [1n] }), example({ x: [128n] })],
      "TENSOR_INVALID",
      "Example 1 has the value 128",
    ],
    [
      "half floats",
      { dtype: "float16", shape: [-1] },
      [example({ x: [1] })],
      "NOT_IMPLEMENTED",
      "send tensors, by predict",
    ],
  ])("refuse %s", (_, spec, examples, reason, fragment) => {
    const error = thrownBy(() => inputsOf({ x: spec }, examples));
    expect(error.reason).toBe(reason);
    expect(error.message).toContain(fragment);
  });
});

describe("an input that has a default", () => {
  const scale = { dtype: "float32", shape: [-1], default: floats([1], 2) } as const;
  const x = { dtype: "float32", shape: [-1] } as const;

  it("is left to it where no example has its feature, else each must have it", () => {
    const [with1, without] = [example({ x: [1], scale: [3] }), example({ x: [1] })];
    expect([...inputsOf({ x, scale }, [without, without]).keys()]).toEqual(["x"]);
    expect(inputsOf({ x, scale }, [with1]).get("scale")).toEqual(floats([1], 3));
    expect(thrownBy(() => inputsOf({ x, scale }, [with1, without]))).toMatchObject({ reason: "INPUT_MISSING" });
  });
});
