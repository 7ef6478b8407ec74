import type { Version } from "./documents.js";

/* What the management API says of how a version is called: see /api/openapi.json. */

export type DType =
  | "bool"
  | "int8"
  | "int16"
  | "int32"
  | "int64"
  | "uint8"
  | "uint16"
  | "uint32"
  | "uint64"
  | "float16"
  | "bfloat16"
  | "float32"
  | "float64"
  | "complex64"
  | "complex128"
  | "string";

export interface TensorSpec {
  readonly name: string;
  readonly dtype: DType;
  /** One entry a dimension, -1 where any length is taken; absent where any rank is. */
  readonly shape?: readonly number[];
  /** Of an input that may be left out. */
  readonly default?: { readonly shape: readonly number[]; readonly values?: readonly unknown[] };
}

export interface Signature {
  readonly name: string;
  readonly method: string;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly shapes: "binding" | "advisory";
  /** Answers come one after the other: always, or if that is asked for. */
  readonly streams?: "only" | "also";
}

export interface DescribedVersion extends Version {
  readonly backend?: string;
  readonly details?: Readonly<Record<string, string>>;
  /** Absent where it is not in memory. */
  readonly signatures?: readonly Signature[];
}

/** As `float32 [any, 784]`. */
export function typeText({ dtype, shape }: Pick<TensorSpec, "dtype" | "shape">): string {
  return shape === undefined ? `${dtype}, any shape` : `${dtype} ${shapeText(shape)}`;
}

/** As `[any, 784]`. */
export function shapeText(shape: readonly number[]): string {
  return `[${shape.map((length) => (length === -1 ? "any" : length)).join(", ")}]`;
}
