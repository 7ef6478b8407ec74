import type { Tensor } from "@tensorflow/tfjs-core";
import type { Value } from "../graph/values.js";
import type { EngineType } from "../tensors/element-types.js";
import { readValues } from "../tensors/from-engine.js";
import { makeTensor } from "../tensors/to-engine.js";
import { tensorAt } from "./kernels.js";

/** What ops that look at each element on its own have it as. */
export type Element = number | Uint8Array;

export function elementsAt(inputs: readonly Value[], index: number): readonly Element[] {
  return readValues(tensorAt(inputs, index)) as readonly Element[];
}

/** A tensor of elements that are of this type already. */
export function elementTensor(elements: readonly Element[], shape: readonly number[], type: EngineType): Tensor {
  if (type === "string") return makeTensor(elements as readonly Uint8Array[], shape, type);
  const numbers = elements as readonly number[];
  if (type === "float32") return makeTensor(Float32Array.from(numbers), shape, type);
  return makeTensor(type === "bool" ? Uint8Array.from(numbers) : Int32Array.from(numbers), shape, type);
}

export function integerVector(values: ArrayLike<number>): Tensor {
  return makeTensor(Int32Array.from(values), [values.length], "int32");
}

/** Rows of a matrix of whole numbers, as places of a sparse tensor are. */
export function integerRows(rows: readonly (readonly number[])[], width: number): Tensor {
  return makeTensor(Int32Array.from(rows.flat()), [rows.length, width], "int32");
}
