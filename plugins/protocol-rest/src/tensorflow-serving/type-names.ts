import type { DType } from "@plinth/core";

/** What TensorFlow calls the element types in its messages (`DataTypeString`). */
export const TYPE_NAMES: Readonly<Record<DType, string>> = {
  bool: "bool",
  int8: "int8",
  int16: "int16",
  int32: "int32",
  int64: "int64",
  uint8: "uint8",
  uint16: "uint16",
  uint32: "uint32",
  uint64: "uint64",
  float16: "half",
  bfloat16: "bfloat16",
  float32: "float",
  float64: "double",
  complex64: "complex64",
  complex128: "complex128",
  string: "string",
};

/** What TensorFlow Serving calls the JSON type of the value that begins at `at`. */
export function jsonTypeName(bytes: Buffer, at: number): string {
  return JSON_TYPES_BY_FIRST_CHARACTER[String.fromCharCode(bytes[at] as number)] ?? "Number";
}

const JSON_TYPES_BY_FIRST_CHARACTER: Readonly<Record<string, string>> = {
  n: "Null",
  f: "False",
  t: "True",
  "{": "Object",
  "[": "Array",
  '"': "String",
};
