import { describe, expect, it } from "vitest";
import { PREDICT_METHOD, type Signature, type Tensor, type TensorSpec } from "../../../src/index.js";
import { batchableRows, fitKey, isBatchable, paddedSize } from "../../../src/serving/batching/batchable.js";
import { joinRows } from "../../../src/serving/batching/join-rows.js";
import { checkRows, sliceRows } from "../../../src/serving/batching/split-rows.js";
import { floats } from "../../fakes/fake-executed-model.js";

type Shape = readonly number[] | undefined;

function signature(inputs: readonly Shape[], outputs: readonly Shape[], shapes: Signature["shapes"]): Signature {
  const specs = (all: readonly Shape[]) =>
    new Map(all.map((shape, index): [string, TensorSpec] => [`t${index}`, { dtype: "float32", shape }]));
  return { inputs: specs(inputs), outputs: specs(outputs), method: PREDICT_METHOD, shapes };
}

function strings(shape: readonly number[], values: readonly string[]): Tensor {
  return { dtype: "string", shape, data: values.map((value) => Buffer.from(value)) };
}

function content({ dtype, data }: Tensor): unknown[] {
  return dtype === "string" ? data.map((bytes) => Buffer.from(bytes).toString()) : Array.from(data as Float32Array);
}

describe("a signature can be batched", () => {
  it.each<[string, boolean, Signature]>([
    ["where every first axis is open", true, signature([[-1, 3], [-1]], [[-1, 2]], "binding")],
    ["where shapes are advisory", true, signature([[4], []], [[]], "advisory")],
    ["where a rank is not known", true, signature([undefined], [undefined], "binding")],
    ["but not where an input's first axis is fixed", false, signature([[-1], [1, 3]], [[-1]], "binding")],
    ["but not where an input is a scalar", false, signature([[]], [[-1]], "binding")],
    ["but not where an output's first axis is fixed", false, signature([[-1]], [[1]], "binding")],
    ["but not without inputs", false, signature([], [[-1]], "binding")],
  ])("%s", (_what, expected, candidate) => {
    expect(isBatchable(candidate)).toBe(expected);
  });
});

describe("the rows of a request", () => {
  it.each<[string, number | undefined, readonly (readonly number[])[]]>([
    ["are the first axis of all inputs", 3, [[3, 2], [3], [3, 0]]],
    ["are none where these differ", undefined, [[3], [2]]],
    ["are none where one is a scalar", undefined, [[3], []]],
    ["are none where there are none", undefined, [[0, 2]]],
    ["are none without inputs", undefined, []],
  ])("%s", (_what, expected, shapes) => {
    const inputs = new Map(shapes.map((shape, index) => [`t${index}`, floats(shape, [])]));
    expect(batchableRows(inputs)).toBe(expected);
  });
});

describe("requests fit together", () => {
  const two = signature([undefined, undefined], [], "advisory");
  const request = (left: readonly number[], right: readonly number[]) =>
    new Map([
      ["t1", floats(right, [])],
      ["t0", floats(left, [])],
    ]);
  const like = request([1, 2, 3], [1]);

  it.each<[string, boolean, boolean, Map<string, Tensor>]>([
    ["with other rows", true, true, request([5, 2, 3], [5])],
    ["with another length, only if padded", false, true, request([1, 2, 4], [1])],
    ["not with another rank", false, false, request([1, 2, 3, 1], [1])],
    ["not with lengths of another input", false, false, request([1], [1, 2, 3])],
  ])("%s", (_what, asTheyAre, padded, other) => {
    expect(fitKey(two, other, false) === fitKey(two, like, false)).toBe(asTheyAre);
    expect(fitKey(two, other, true) === fitKey(two, like, true)).toBe(padded);
  });
});

describe("a batch is run at", () => {
  it.each<[number, readonly number[] | undefined, number]>([
    [5, undefined, 5],
    [2, [1, 3, 4], 3],
    [3, [1, 3, 4], 3],
    [1, [1, 3, 4], 1],
  ])("%i rows, with sizes %j, as %i", (rows, sizes, expected) => {
    expect(paddedSize(rows, sizes)).toBe(expected);
  });
});

describe("joined rows", () => {
  it.each<[string, readonly Tensor[], number, readonly number[], unknown[]]>([
    ["stand in order", [floats([1, 2], [1, 2]), floats([2, 2], [3, 4, 5, 6])], 3, [3, 2], [1, 2, 3, 4, 5, 6]],
    ["are filled up with the first row", [floats([2, 2], [1, 2, 3, 4])], 4, [4, 2], [1, 2, 3, 4, 1, 2, 1, 2]],
    ["of strings", [strings([1], ["a"]), strings([2], ["", "c"])], 4, [4], ["a", "", "c", "a"]],
    ["of complex numbers", [{ dtype: "complex64", shape: [1], data: Float32Array.of(1, 2) }], 2, [2], [1, 2, 1, 2]],
    ["without elements", [floats([1, 0], []), floats([2, 0], [])], 3, [3, 0], []],
    [
      "are padded each with its own first element",
      [floats([1, 1], [7]), floats([1, 3], [1, 2, 3])],
      2,
      [2, 3],
      [7, 7, 7, 1, 2, 3],
    ],
    [
      "are padded on several axes",
      [floats([1, 2, 1], [1, 2]), floats([1, 1, 2], [3, 4])],
      2,
      [2, 2, 2],
      [1, 1, 2, 1, 3, 4, 3, 3],
    ],
    ["of strings are padded", [strings([1, 1], ["a"]), strings([1, 2], ["b", "c"])], 2, [2, 2], ["a", "a", "b", "c"]],
    [
      "are padded with zero where there is no first element",
      [floats([1, 0], []), floats([1, 1], [5])],
      2,
      [2, 1],
      [0, 5],
    ],
    [
      "of complex numbers are padded with both parts",
      [
        { dtype: "complex64", shape: [1, 1], data: Float32Array.of(1, 2) },
        { dtype: "complex64", shape: [1, 2], data: Float32Array.of(3, 4, 5, 6) },
      ],
      2,
      [2, 2],
      [1, 2, 1, 2, 3, 4, 5, 6],
    ],
  ])("%s", (_what, tensors, size, shape, expected) => {
    const joined = joinRows(tensors, size);
    expect(joined.shape).toEqual(shape);
    expect(content(joined)).toEqual(expected);
    expect(joined.dtype).toBe(tensors[0]?.dtype);
  });

  it("of a single tensor that fits are that tensor, not a copy", () => {
    const only = floats([2], [1, 2]);
    expect(joinRows([only], 2)).toBe(only);
  });
});

it("rows are not padded where a few long ones would make much more of all", () => {
  const long = (shape: readonly number[]): Tensor => floats(shape, new Float32Array(8_192));
  expect(() => joinRows([long([1, 8_192, 1]), long([1, 1, 8_192])], 2)).toThrow(
    expect.objectContaining({ reason: "BATCH_TOO_LARGE" }),
  );
});

describe("a slice of rows", () => {
  const numbers = floats([3, 2], [1, 2, 3, 4, 5, 6]);

  it("is a view over the batch", () => {
    const slice = sliceRows(numbers, 1, 3);
    expect(slice).toEqual({ dtype: "float32", shape: [2, 2], data: Float32Array.of(3, 4, 5, 6) });
    expect((slice as Tensor<"float32">).data.buffer).toBe(numbers.data.buffer);
  });

  it.each<[string, Tensor, number, number, readonly number[], unknown[]]>([
    ["of strings", strings([2, 1], ["a", "b"]), 1, 2, [1, 1], ["b"]],
    ["of complex numbers", { dtype: "complex64", shape: [2], data: Float32Array.of(1, 2, 3, 4) }, 1, 2, [1], [3, 4]],
    ["without elements", floats([2, 0], []), 0, 1, [1, 0], []],
  ])("can be %s", (_what, tensor, from, to, shape, expected) => {
    const slice = sliceRows(tensor, from, to);
    expect(slice.shape).toEqual(shape);
    expect(content(slice)).toEqual(expected);
  });

  it("is refused where an output has other rows than the batch, by the output's name", () => {
    const outputs = new Map([
      ["y", numbers],
      ["mean", floats([], [1])],
    ]);
    expect(() => checkRows(outputs, 3)).toThrow(
      expect.objectContaining({
        reason: "BATCH_OUTPUT_INVALID",
        message: expect.stringContaining(
          'Output "mean" of a batch of 3 rows is expected to have 3 rows too, got shape []',
        ),
      }),
    );
  });
});
