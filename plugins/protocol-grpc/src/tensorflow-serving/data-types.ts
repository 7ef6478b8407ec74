import type { DType } from "@plinth/core";
import type { DataType as TensorFlowDataType } from "@plinth/protobuf-messages/tensorflow/tensor";
import { TENSORFLOW_TYPES } from "@plinth/tf-example";
import { FIXED32, FIXED64, LENGTH_DELIMITED, VARINT } from "../wire/wire-format.js";

/** How TensorFlow names an element type and lays out its elements in a `TensorProto` (tensor.proto). */
export interface DataType {
  readonly dtype: DType;
  /** In `DataType`. */
  readonly code: TensorFlowDataType;
  /** In messages to people. */
  readonly name: string;
  /** The number of the `*_val` field that holds the elements. */
  readonly field: number;
  /** The wire type of one of them. */
  readonly wireType: number;
}

export const DATA_TYPES: Readonly<Record<DType, DataType>> = {
  float32: dataType("float32", 5, FIXED32),
  float64: dataType("float64", 6, FIXED64),
  int32: dataType("int32", 7, VARINT),
  uint8: dataType("uint8", 7, VARINT),
  int16: dataType("int16", 7, VARINT),
  int8: dataType("int8", 7, VARINT),
  string: dataType("string", 8, LENGTH_DELIMITED),
  complex64: dataType("complex64", 9, FIXED32),
  int64: dataType("int64", 10, VARINT),
  bool: dataType("bool", 11, VARINT),
  bfloat16: dataType("bfloat16", 13, VARINT),
  uint16: dataType("uint16", 7, VARINT),
  complex128: dataType("complex128", 12, FIXED64),
  float16: dataType("float16", 13, VARINT),
  uint32: dataType("uint32", 16, VARINT),
  uint64: dataType("uint64", 17, VARINT),
};

const BY_CODE: ReadonlyMap<number, DataType> = new Map(Object.values(DATA_TYPES).map((type) => [type.code, type]));

/** `undefined` where a code stands for no type of Plinth's. */
export function dataTypeOf(code: number): DataType | undefined {
  return BY_CODE.get(code);
}

function dataType(dtype: DType, field: number, wireType: number): DataType {
  return { dtype, ...TENSORFLOW_TYPES[dtype], field, wireType };
}
