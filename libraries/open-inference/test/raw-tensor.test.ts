import { DTYPES, type DType, type Tensor } from "@plinth/core";
import { describe, expect, it } from "vitest";
import { datatypeOf, dtypeOf, knownDtype, prefixedStrings, rawBytes, readRawTensor } from "../src/index.js";

function bytesOf(...values: number[]): Uint8Array {
  return new Uint8Array(values);
}

describe("datatypes", () => {
  it("have a name for each dtype, and a dtype for each name but those of complex numbers", () => {
    for (const dtype of DTYPES) {
      expect(knownDtype(datatypeOf(dtype))).toBe(dtype.startsWith("complex") ? undefined : dtype);
    }
  });

  it("that are unknown are refused with those that there are", () => {
    expect(() => dtypeOf("FLOAT", "x")).toThrow(
      `Input 'x' has an unknown datatype "FLOAT": expected one of BOOL, INT8, INT16`,
    );
  });
});

describe("a raw tensor", () => {
  it.each<[DType, number[], unknown[]]>([
    ["bool", [1, 0], [1, 0]],
    ["int8", [255, 1], [-1, 1]],
    ["uint8", [255, 1], [255, 1]],
    ["int16", [255, 255, 1, 0], [-1, 1]],
    ["uint16", [255, 255, 1, 0], [65_535, 1]],
    ["int32", [255, 255, 255, 255, 1, 0, 0, 0], [-1, 1]],
    ["uint32", [255, 255, 255, 255, 1, 0, 0, 0], [4_294_967_295, 1]],
    ["int64", [255, 255, 255, 255, 255, 255, 255, 255, 1, 0, 0, 0, 0, 0, 0, 0], [-1n, 1n]],
    ["uint64", [255, 255, 255, 255, 255, 255, 255, 255, 1, 0, 0, 0, 0, 0, 0, 0], [2n ** 64n - 1n, 1n]],
    ["float16", [0, 60, 0, 192], [0x3c00, 0xc000]],
    ["bfloat16", [128, 63, 0, 192], [0x3f80, 0xc000]],
    ["float32", [0, 0, 128, 63, 0, 0, 0, 192], [1, -2]],
    ["float64", [0, 0, 0, 0, 0, 0, 240, 63, 0, 0, 0, 0, 0, 0, 0, 192], [1, -2]],
  ])("of %s is read from and written to its bytes, wherever they lie", (dtype, bytes, values) => {
    const memory = new Uint8Array(bytes.length + 8);
    for (let offset = 0; offset < 8; offset++) {
      memory.set(bytes, offset);
      const tensor = readRawTensor(dtype, [2], memory.subarray(offset, offset + bytes.length), "x");
      expect({ ...tensor, data: Array.from<unknown>(tensor.data) }).toEqual({ dtype, shape: [2], data: values });
      expect([...rawBytes(tensor)]).toEqual(bytes);
    }
  });

  it("is a view where memory allows it", () => {
    const memory = new Uint8Array(16);
    const aligned = readRawTensor("float32", [2], memory.subarray(4, 12), "x") as Tensor<"float32">;
    expect([aligned.data.buffer, aligned.data.byteOffset]).toEqual([memory.buffer, 4]);
    expect(rawBytes(aligned).buffer).toBe(memory.buffer);
  });

  it("of strings has the length of each before it", () => {
    const bytes = bytesOf(2, 0, 0, 0, 104, 105, 0, 0, 0, 0, 1, 0, 0, 0, 255);
    const tensor = readRawTensor("string", [3, 1], bytes, "x") as Tensor<"string">;
    expect(tensor.data.map((element) => [...element])).toEqual([[104, 105], [], [255]]);
    expect(rawBytes(tensor)).toEqual(bytes);
    expect(prefixedStrings(tensor.data)).toEqual(bytes);
  });

  it("may be empty", () => {
    expect(readRawTensor("float32", [0, 3], bytesOf(), "x").data.length).toBe(0);
    expect(readRawTensor("string", [0], bytesOf(), "x").data).toEqual([]);
  });

  it.each<[string, DType, number[], number[], string]>([
    ["too short", "int32", [2], [1, 0, 0, 0], "input byte size mismatch for input 'x'. Expected 8 bytes"],
    ["too long", "int32", [1], [1, 0, 0, 0, 0], "got 5"],
    ["no boolean", "bool", [2], [1, 2], "a byte 2 at element 1: expected 0 or 1"],
    ["a string cut off", "string", [1], [3, 0, 0, 0, 1], "the end of the data inside element 0"],
    ["a length cut off", "string", [1], [3, 0, 0], "the end of the data inside element 0"],
    ["a string with a length past all memory", "string", [1], [255, 255, 255, 255], "inside element 0"],
    ["too few strings", "string", [2], [0, 0, 0, 0], "expected 2 elements, each after its length in 4 bytes, got 1"],
    ["more strings than are taken", "string", [1_000_001], [0, 0, 0, 0], "expected at most 1000000, got 1000001"],
    ["too many strings", "string", [1], [0, 0, 0, 0, 0, 0, 0, 0], "4 bytes more"],
  ])("that is %s is refused", (_what, dtype, shape, bytes, message) => {
    expect(() => readRawTensor(dtype, shape, bytesOf(...bytes), "x")).toThrow(message);
  });
});
