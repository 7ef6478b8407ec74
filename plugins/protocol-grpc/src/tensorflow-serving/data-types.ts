import type { DType } from "@plinth/core";
import type { DataType as TensorFlowDataType } from "@plinth/protobuf-messages/tensorflow/tensor";
import { FIXED32, FIXED64, LENGTH_DELIMITED, VARINT } from "../wire/wire-format.js";

/** How TensorFlow names an element type and lays out its elements in a `TensorProto` (types.proto, tensor.proto). */
export interface DataType {
  readonly dtype: DType;
  /** In `DataType`. */
  readonly code: TensorFlowDataType;
  /** In messages to people (`DataTypeString`). */
  readonly name: string;
  /** The number of the `*_val` field that holds the elements. */
  readonly field: number;
  /** The wire type of one of them. */
  readonly wireType: number;
}

export const DATA_TYPES: Readonly<Record<DType, DataType>> = {
  float32: { dtype: "float32", code: 1, name: "float", field: 5, wireType: FIXED32 },
  float64: { dtype: "float64", code: 2, name: "double", field: 6, wireType: FIXED64 },
  int32: { dtype: "int32", code: 3, name: "int32", field: 7, wireType: VARINT },
  uint8: { dtype: "uint8", code: 4, name: "uint8", field: 7, wireType: VARINT },
  int16: { dtype: "int16", code: 5, name: "int16", field: 7, wireType: VARINT },
  int8: { dtype: "int8", code: 6, name: "int8", field: 7, wireType: VARINT },
  string: { dtype: "string", code: 7, name: "string", field: 8, wireType: LENGTH_DELIMITED },
  complex64: { dtype: "complex64", code: 8, name: "complex64", field: 9, wireType: FIXED32 },
  int64: { dtype: "int64", code: 9, name: "int64", field: 10, wireType: VARINT },
  bool: { dtype: "bool", code: 10, name: "bool", field: 11, wireType: VARINT },
  bfloat16: { dtype: "bfloat16", code: 14, name: "bfloat16", field: 13, wireType: VARINT },
  uint16: { dtype: "uint16", code: 17, name: "uint16", field: 7, wireType: VARINT },
  complex128: { dtype: "complex128", code: 18, name: "complex128", field: 12, wireType: FIXED64 },
  float16: { dtype: "float16", code: 19, name: "half", field: 13, wireType: VARINT },
  uint32: { dtype: "uint32", code: 22, name: "uint32", field: 16, wireType: VARINT },
  uint64: { dtype: "uint64", code: 23, name: "uint64", field: 17, wireType: VARINT },
};

const BY_CODE: ReadonlyMap<number, DataType> = new Map(Object.values(DATA_TYPES).map((type) => [type.code, type]));

/** `undefined` where a code stands for no type of Plinth's. */
export function dataTypeOf(code: number): DataType | undefined {
  return BY_CODE.get(code);
}
