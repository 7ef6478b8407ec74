import type { DType } from "@plinth/core";

/** Element types that ONNX Runtime's JavaScript binding carries. It calls them by numpy's names, as Plinth does. */
export type OnnxDType = Exclude<DType, "bfloat16" | "complex64" | "complex128">;

/** `TensorProto.DataType` by number, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto: ONNX's own words, lower case. */
const ELEMENT_TYPES: readonly string[] = [
  "undefined",
  "float",
  "uint8",
  "int8",
  "uint16",
  "int16",
  "int32",
  "int64",
  "string",
  "bool",
  "float16",
  "double",
  "uint32",
  "uint64",
  "complex64",
  "complex128",
  "bfloat16",
  "float8e4m3fn",
  "float8e4m3fnuz",
  "float8e5m2",
  "float8e5m2fnuz",
  "uint4",
  "int4",
  "float4e2m1",
  "float8e8m0",
  "uint2",
  "int2",
  "float6e2m3",
  "float6e3m2",
];

const DTYPES: ReadonlyMap<string, OnnxDType> = new Map<string, OnnxDType>([
  ["bool", "bool"],
  ["int8", "int8"],
  ["int16", "int16"],
  ["int32", "int32"],
  ["int64", "int64"],
  ["uint8", "uint8"],
  ["uint16", "uint16"],
  ["uint32", "uint32"],
  ["uint64", "uint64"],
  ["float16", "float16"],
  ["float", "float32"],
  ["double", "float64"],
  ["string", "string"],
]);

/** What ONNX calls the element type of this number. */
export function elementTypeName(elementType: number): string {
  return ELEMENT_TYPES[elementType] ?? `element type ${elementType}`;
}

/** The dtype for an element type's number, or `undefined` for one that the binding cannot carry. */
export function dtypeOf(elementType: number): OnnxDType | undefined {
  return DTYPES.get(elementTypeName(elementType));
}

/** All dtypes that inputs and outputs may have, for messages. */
export const ONNX_DTYPES: readonly OnnxDType[] = [...DTYPES.values()];
