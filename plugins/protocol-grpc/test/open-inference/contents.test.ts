import { type DType, PlinthError } from "@plinth/core";
import { datatypeOf } from "@plinth/open-inference";
import { ModelInferRequest } from "@plinth/protobuf-messages/inference/grpc_service";
import { describe, expect, it } from "vitest";
import { readInfer } from "../../src/open-inference/decode.js";
import { TensorBudget } from "../../src/wire/tensor-budget.js";

function read(dtype: DType, contents: object, count: number, budget = 1_000): unknown {
  const input = { name: "x", datatype: datatypeOf(dtype), shape: [BigInt(count)], contents };
  const message = ModelInferRequest.encode(ModelInferRequest.fromPartial({ inputs: [input] })).finish();
  const request = readInfer(Buffer.from(message), "", new TensorBudget(budget));
  return Array.from<unknown>(request.inputs[0]?.tensor.data ?? []);
}

describe("typed contents", () => {
  it.each<[DType, object, unknown[]]>([
    ["bool", { boolContents: [true, false] }, [1, 0]],
    ["int8", { intContents: [-128, 127] }, [-128, 127]],
    ["int16", { intContents: [-32_768, 1] }, [-32_768, 1]],
    ["int32", { intContents: [-1, 2 ** 31 - 1] }, [-1, 2 ** 31 - 1]],
    ["int64", { int64Contents: [-1n, 2n ** 62n] }, [-1n, 2n ** 62n]],
    ["uint8", { uintContents: [0, 255] }, [0, 255]],
    ["uint16", { uintContents: [0, 65_535] }, [0, 65_535]],
    ["uint32", { uintContents: [0, 2 ** 32 - 1] }, [0, 2 ** 32 - 1]],
    ["uint64", { uint64Contents: [0n, 2n ** 64n - 1n] }, [0n, 2n ** 64n - 1n]],
    ["float32", { fp32Contents: [0.5, -2] }, [0.5, -2]],
    ["float64", { fp64Contents: [0.1, -2] }, [0.1, -2]],
    ["string", { bytesContents: [Buffer.from("a"), Buffer.alloc(0)] }, [Buffer.from("a"), Buffer.alloc(0)]],
  ])("of %s are read from the field of their type", (dtype, contents, values) => {
    expect(read(dtype, contents, 2)).toEqual(values);
  });

  it("of nothing make an empty tensor", () => {
    expect(read("float32", {}, 0)).toEqual([]);
  });

  it.each<[string, () => unknown]>([
    ["out of range", () => read("int8", { intContents: [128] }, 1)],
    ["in the field of another type", () => read("int8", { uintContents: [1] }, 1)],
    ["too many for the budget", () => read("int64", { int64Contents: [1n, 2n] }, 2, 8)],
  ])("that are %s are refused", (_what, reading) => {
    expect(reading).toThrow(PlinthError);
  });
});
