import type { ElementType } from "./element-type.js";

/** One entry a dimension, -1 where it may be any; `undefined` where not even the rank is known. */
export type Shape = readonly number[] | undefined;

/** A tensor of byte strings, row-major. */
export interface StringTensor {
  readonly dtype: "string";
  readonly shape: readonly number[];
  readonly strings: readonly Uint8Array[];
}

/**
 * A tensor of numbers, row-major and little-endian. `bytes` is a view, often of the memory that the file was read into: nobody may write
 * to it, and its offset need not be a multiple of what an element takes.
 */
export interface NumericTensor {
  readonly dtype: Exclude<ElementType, "string" | "resource" | "variant">;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/**
 * A value that stands in the model's files. Two nodes of the same constant or variable, also in different signatures, hold the same object:
 * whoever uploads values somewhere does so once for each object.
 */
export type ConstantTensor = NumericTensor | StringTensor;
