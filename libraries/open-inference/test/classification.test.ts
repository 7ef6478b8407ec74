import { createTensor, type Tensor } from "@plinth/core";
import { describe, expect, it } from "vitest";
import { classify } from "../src/index.js";

function classes(tensor: Tensor, count: number): unknown {
  const { shape, data } = classify(tensor, count, "y");
  return [shape, data.map((each) => Buffer.from(each).toString())];
}

describe("classification", () => {
  it("gives the largest values of each row with their index", () => {
    const tensor = createTensor("float32", [2, 3], new Float32Array([0.5, 15, -1, 0.25, 0.25, 0])) as Tensor;
    expect(classes(tensor, 2)).toEqual([
      [2, 2],
      ["15.000000:1", "0.500000:0", "0.250000:0", "0.250000:1"],
    ]);
  });

  it("takes a tensor of one axis for one row, and no more classes than there are", () => {
    expect(classes(createTensor("int32", [2], new Int32Array([3, 8])) as Tensor, 5)).toEqual([[2], ["8:1", "3:0"]]);
  });

  it("counts integers past 2^53, and NaN as the smallest", () => {
    const wide = createTensor("int64", [2], new BigInt64Array([2n ** 60n, 2n ** 60n + 1n])) as Tensor;
    expect(classes(wide, 1)).toEqual([[1], ["1152921504606846977:1"]]);
    const holes = createTensor("float64", [3], new Float64Array([Number.NaN, -1, Number.NaN])) as Tensor;
    expect(classes(holes, 2)).toEqual([[2], ["-1.000000:1", "NaN:0"]]);
  });

  it("of an empty batch is empty", () => {
    expect(classes(createTensor("float32", [0, 3], new Float32Array(0)) as Tensor, 2)).toEqual([[0, 0], []]);
  });

  it.each<[string, Tensor]>([
    ["strings", { dtype: "string", shape: [1], data: [new Uint8Array(1)] }],
    ["a scalar", { dtype: "float32", shape: [], data: new Float32Array(1) }],
    ["float16", { dtype: "float16", shape: [1], data: new Uint16Array(1) }],
  ])("of %s is refused", (_what, tensor) => {
    expect(() => classify(tensor, 1, "y")).toThrow("Output 'y' cannot be classified");
  });
});
