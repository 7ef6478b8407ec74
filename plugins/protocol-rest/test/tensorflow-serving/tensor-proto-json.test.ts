import type { Tensor } from "@plinth/core";
import { describe, expect, it } from "vitest";
import { tensorProtoJson } from "../../src/tensorflow-serving/tensor-proto-json.js";

describe("a tensor as a TensorProto in JSON", () => {
  it.each<[tensor: Pick<Tensor, "dtype" | "data">, dtype: string, field: string, elements: readonly unknown[]]>([
    [
      { dtype: "float32", data: new Float32Array([0.1, 1 / 3, -0.5, Number.NaN, Number.NEGATIVE_INFINITY, 16777217]) },
      "DT_FLOAT",
      "float_val",
      [0.1, 0.33333334, -0.5, "NaN", "-Infinity", 16777216],
    ],
    [{ dtype: "float64", data: new Float64Array([0.1, Infinity]) }, "DT_DOUBLE", "double_val", [0.1, "Infinity"]],
    [{ dtype: "float16", data: new Uint16Array([15360]) }, "DT_HALF", "half_val", [15360]],
    [{ dtype: "int8", data: new Int8Array([-1]) }, "DT_INT8", "int_val", [-1]],
    [{ dtype: "int64", data: new BigInt64Array([-(2n ** 63n)]) }, "DT_INT64", "int64_val", ["-9223372036854775808"]],
    [{ dtype: "uint32", data: new Uint32Array([4294967295]) }, "DT_UINT32", "uint32_val", [4294967295]],
    [{ dtype: "bool", data: new Uint8Array([1, 0]) }, "DT_BOOL", "bool_val", [true, false]],
    [{ dtype: "string", data: [Buffer.from([255]), Buffer.from("a")] }, "DT_STRING", "string_val", ["/w==", "YQ=="]],
  ])("%s", (tensor, dtype, field, elements) => {
    const json = tensorProtoJson({ ...tensor, shape: [elements.length] } as Tensor) as Record<string, unknown>;
    expect(json).toMatchObject({
      dtype,
      tensor_shape: { dim: [{ size: String(elements.length), name: "" }], unknown_rank: false },
      version_number: 0,
      tensor_content: "",
      [field]: elements,
    });
    const filled = Object.entries(json).filter(([name, value]) => name.endsWith("_val") && (value as []).length > 0);
    expect(filled.map(([name]) => name)).toEqual([field]);
  });
});
