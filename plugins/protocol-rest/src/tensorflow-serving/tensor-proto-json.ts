import type { DType, Tensor } from "@plinth/core";
import { TENSORFLOW_TYPES } from "@plinth/tf-example";

/** The fields of `TensorProto` that hold elements (tensorflow/core/framework/tensor.proto), in that order. */
const VALUE_FIELDS = [
  "half_val",
  "float_val",
  "double_val",
  "int_val",
  "string_val",
  "scomplex_val",
  "int64_val",
  "bool_val",
  "dcomplex_val",
  "resource_handle_val",
  "variant_val",
  "uint32_val",
  "uint64_val",
] as const;

const FIELD_OF: Readonly<Record<DType, (typeof VALUE_FIELDS)[number]>> = {
  float16: "half_val",
  bfloat16: "half_val",
  float32: "float_val",
  float64: "double_val",
  int8: "int_val",
  int16: "int_val",
  int32: "int_val",
  uint8: "int_val",
  uint16: "int_val",
  string: "string_val",
  complex64: "scomplex_val",
  int64: "int64_val",
  bool: "bool_val",
  complex128: "dcomplex_val",
  uint32: "uint32_val",
  uint64: "uint64_val",
};

/** A tensor as protobuf prints a `TensorProto` in JSON with all of its fields: https://protobuf.dev/programming-guides/json/ */
export function tensorProtoJson(tensor: Tensor): unknown {
  const { dtype, shape } = tensor;
  return {
    dtype: `DT_${TENSORFLOW_TYPES[dtype].name.toUpperCase()}`,
    tensor_shape: { dim: shape.map((size) => ({ size: String(size), name: "" })), unknown_rank: false },
    version_number: 0,
    tensor_content: "",
    ...Object.fromEntries(VALUE_FIELDS.map((field) => [field, field === FIELD_OF[dtype] ? elementsOf(tensor) : []])),
  };
}

function elementsOf({ dtype, data }: Tensor): readonly unknown[] {
  if (dtype === "string") return data.map((bytes) => Buffer.from(bytes).toString("base64"));
  if (dtype === "bool") return Array.from(data, (byte) => byte !== 0);
  if (dtype === "int64" || dtype === "uint64") return Array.from(data, String);
  const numbers = Array.from(data as ArrayLike<number>);
  return dtype === "float32" || dtype === "complex64" ? numbers.map(shortFloat) : numbers.map(numberJson);
}

/** The fewest digits that read back as the same float32; nine are always enough. */
function shortFloat(value: number): unknown {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return numberJson(short);
  }
  return numberJson(value);
}

function numberJson(value: number): unknown {
  return Number.isFinite(value) ? value : String(value);
}
