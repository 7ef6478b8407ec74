import type { DType } from "@plinth/core";
import type { DataType } from "@plinth/protobuf-messages/tensorflow/tensor";

/** An element type as TensorFlow has it (`tensorflow/core/framework/types.proto`). */
export interface TensorFlowType {
  /** Its number in `DataType`. */
  readonly code: DataType;
  /** In messages to people (`DataTypeString`); in upper case and behind `DT_`, what `DataType` calls it. */
  readonly name: string;
}

export const TENSORFLOW_TYPES: Readonly<Record<DType, TensorFlowType>> = {
  float32: { code: 1, name: "float" },
  float64: { code: 2, name: "double" },
  int32: { code: 3, name: "int32" },
  uint8: { code: 4, name: "uint8" },
  int16: { code: 5, name: "int16" },
  int8: { code: 6, name: "int8" },
  string: { code: 7, name: "string" },
  complex64: { code: 8, name: "complex64" },
  int64: { code: 9, name: "int64" },
  bool: { code: 10, name: "bool" },
  bfloat16: { code: 14, name: "bfloat16" },
  uint16: { code: 17, name: "uint16" },
  complex128: { code: 18, name: "complex128" },
  float16: { code: 19, name: "half" },
  uint32: { code: 22, name: "uint32" },
  uint64: { code: 23, name: "uint64" },
};
