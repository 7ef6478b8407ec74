import { allocateData, type DType, type DTypeData, PlinthError } from "@plinth/core";
import type { Feature, FeatureKind } from "./example.js";

/** Kinds of features that hold values. */
export type DenseKind = Exclude<FeatureKind, "none">;

export type DenseFeature = Extract<Feature, { kind: DenseKind }>;

/** The kind of feature that an input of `dtype` is made of; `undefined` for half floats and complex numbers, which no feature holds. */
export function denseKind(dtype: DType): DenseKind | undefined {
  switch (dtype) {
    case "string":
      return "bytes";
    case "float32":
    case "float64":
      return "float";
    case "float16":
    case "bfloat16":
    case "complex64":
    case "complex128":
      return undefined;
    default:
      return "int64";
  }
}

/**
 * The values of features behind each other, as elements of `dtype`.
 *
 * @param features all of the kind that {@link denseKind} says, and of the same number of values
 * @throws PlinthError `TENSOR_INVALID` for an integer out of the dtype's range, with the index of the feature
 */
export function denseData(dtype: DType, features: readonly DenseFeature[]): DTypeData[DType] {
  if (dtype === "string") return features.flatMap(({ values }) => values as readonly Uint8Array[]);
  const length = features[0]?.values.length ?? 0;
  const data = allocateData(dtype, features.length * length);
  features.forEach(({ kind, values }, index) => {
    if (kind === "float") (data as Float32Array).set(values, index * length);
    else if (kind === "int64") addIntegers(dtype as IntegerDType, values, index, data as DTypeData[IntegerDType]);
  });
  return data;
}

type IntegerDType = Exclude<
  DType,
  "string" | "float16" | "bfloat16" | "float32" | "float64" | "complex64" | "complex128"
>;

const RANGES: Readonly<Record<IntegerDType, readonly [smallest: bigint, largest: bigint]>> = {
  bool: [0n, 1n],
  int8: [-(1n << 7n), (1n << 7n) - 1n],
  int16: [-(1n << 15n), (1n << 15n) - 1n],
  int32: [-(1n << 31n), (1n << 31n) - 1n],
  int64: [-(1n << 63n), (1n << 63n) - 1n],
  uint8: [0n, (1n << 8n) - 1n],
  uint16: [0n, (1n << 16n) - 1n],
  uint32: [0n, (1n << 32n) - 1n],
  uint64: [0n, (1n << 64n) - 1n],
};

function addIntegers(dtype: IntegerDType, values: BigInt64Array, row: number, data: DTypeData[IntegerDType]): void {
  const [smallest, largest] = RANGES[dtype];
  const at = row * values.length;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as bigint;
    if (value < smallest || value > largest) {
      throw new PlinthError(
        "TENSOR_INVALID",
        `Example ${row} has the value ${value}; ${dtype} takes ${smallest} to ${largest}`,
      );
    }
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[at + index] = value;
    else data[at + index] = Number(value);
  }
}
