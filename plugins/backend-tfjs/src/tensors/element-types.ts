import type { DType } from "@plinth/core";
import type { ElementType } from "@plinth/saved-model";
import type { DataType } from "@tensorflow/tfjs-core";

/** What TensorFlow.js computes with. */
export type EngineType = Extract<DataType, "float32" | "int32" | "bool" | "string" | "complex64">;

/**
 * TensorFlow.js has no 64-bit, 16-bit and 8-bit numbers: what a model does with them is done with float32 and int32. Whole numbers past
 * int32 are refused where they come in, and small ones wrap where they go out or are cast to.
 */
const ENGINE_TYPES: Readonly<Partial<Record<ElementType, EngineType>>> = {
  float32: "float32",
  float64: "float32",
  float16: "float32",
  bfloat16: "float32",
  int8: "int32",
  int16: "int32",
  int32: "int32",
  int64: "int32",
  uint8: "int32",
  uint16: "int32",
  uint32: "int32",
  uint64: "int32",
  qint8: "int32",
  quint8: "int32",
  qint32: "int32",
  bool: "bool",
  string: "string",
  complex64: "complex64",
  complex128: "complex64",
};

/** What stands for elements of this type inside the engine; `undefined` for those that nothing can stand for. */
export function engineTypeOf(type: ElementType): EngineType | undefined {
  return ENGINE_TYPES[type];
}

/** Elements that nothing but this engine has: quantised ones. */
const NOT_SERVABLE: ReadonlySet<ElementType> = new Set(["qint8", "quint8", "qint32"]);

/** The dtype of an input or output of these elements; `undefined` where the engine cannot take or give them. */
export function servableDType(type: string): DType | undefined {
  const isServable = Object.hasOwn(ENGINE_TYPES, type) && !NOT_SERVABLE.has(type as ElementType);
  return isServable ? (type as DType) : undefined;
}
