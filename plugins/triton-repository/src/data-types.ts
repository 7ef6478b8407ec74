import type { DType } from "@plinth/core";

/** `DataType` of Triton's model_config.proto, whose names stand in `config.pbtxt`. */
export const DATA_TYPES = {
  TYPE_INVALID: 0,
  TYPE_BOOL: 1,
  TYPE_UINT8: 2,
  TYPE_UINT16: 3,
  TYPE_UINT32: 4,
  TYPE_UINT64: 5,
  TYPE_INT8: 6,
  TYPE_INT16: 7,
  TYPE_INT32: 8,
  TYPE_INT64: 9,
  TYPE_FP16: 10,
  TYPE_FP32: 11,
  TYPE_FP64: 12,
  TYPE_STRING: 13,
  TYPE_BF16: 14,
} as const;

const DTYPES: Readonly<Record<string, DType>> = {
  TYPE_BOOL: "bool",
  TYPE_UINT8: "uint8",
  TYPE_UINT16: "uint16",
  TYPE_UINT32: "uint32",
  TYPE_UINT64: "uint64",
  TYPE_INT8: "int8",
  TYPE_INT16: "int16",
  TYPE_INT32: "int32",
  TYPE_INT64: "int64",
  TYPE_FP16: "float16",
  TYPE_FP32: "float32",
  TYPE_FP64: "float64",
  TYPE_STRING: "string",
  TYPE_BF16: "bfloat16",
};

/** `undefined` for `TYPE_INVALID`. */
export function dtypeOf(dataType: string): DType | undefined {
  return DTYPES[dataType];
}
