import { PlinthError } from "@plinth/core";
import type { ElementType } from "@plinth/saved-model";
import type { Tensor } from "@tensorflow/tfjs-core";
import { makeTensor } from "../tensors/to-engine.js";
import { type FeatureValue, featureTensor, type ParsedExample, valuesOf } from "./example-features.js";
import { checkSize } from "./shapes.js";

/** A feature that stands in every example, or has a default. */
export interface DenseFeature {
  readonly name: string;
  readonly type: ElementType;
  /** Of one example; the first length is -1 where it is filled up to the longest. */
  readonly shape: readonly number[];
  readonly fallback: readonly FeatureValue[];
}

export interface ListFeature {
  readonly name: string;
  readonly type: ElementType;
}

/** A row of the feature for each example. */
export function denseTensor(feature: DenseFeature, examples: readonly ParsedExample[], isSingle: boolean): Tensor {
  const { type, shape, fallback } = feature;
  const isPadded = shape[0] === -1;
  const rows = examples.map((example, index) => rowOf(feature, example, index));
  const inner = shape.slice(isPadded ? 1 : 0).reduce((product, length) => product * length, 1);
  const longest = isPadded ? Math.max(0, ...rows.map((row) => row.length / inner)) : 1;
  const width = checkSize([examples.length, longest, inner])[1] as number;
  const filler = fallback[0] ?? (type === "string" ? new Uint8Array() : 0);
  const values = rows.flatMap((row) =>
    row.length === width * inner ? row : [...row, ...new Array<FeatureValue>(width * inner - row.length).fill(filler)],
  );
  const rowShape = isPadded ? [width, ...shape.slice(1)] : shape;
  return featureTensor(values, isSingle ? rowShape : [examples.length, ...rowShape], type);
}

function rowOf(
  { name, type, shape, fallback }: DenseFeature,
  example: ParsedExample,
  index: number,
): readonly FeatureValue[] {
  const values = valuesOf(example, name, type);
  if (shape[0] === -1) {
    const inner = shape.slice(1).reduce((product, length) => product * length, 1);
    if (values === undefined || values.length % inner === 0) return values ?? [];
    throw new PlinthError(
      "TENSOR_INVALID",
      `Feature ${JSON.stringify(name)} of example ${index} has ${values.length} values: expected a multiple of ${inner}`,
    );
  }
  const count = shape.reduce((product, length) => product * length, 1);
  if (values === undefined || values.length === 0) {
    if (count === 0) return [];
    if (fallback.length > 0)
      return fallback.length === count ? fallback : new Array<FeatureValue>(count).fill(fallback[0] as FeatureValue);
    throw new PlinthError(
      "TENSOR_INVALID",
      `Feature ${JSON.stringify(name)} (${type}) is required but could not be found in example ${index}`,
      { details: { feature: name } },
    );
  }
  if (values.length === count) return values;
  throw new PlinthError(
    "TENSOR_INVALID",
    `Feature ${JSON.stringify(name)} of example ${index} is expected to have ${count} values, got ${values.length}`,
    { details: { feature: name } },
  );
}

/** Places, values and shape. */
export function sparseTensors(
  { name, type }: ListFeature,
  examples: readonly ParsedExample[],
  isSingle: boolean,
): Tensor[] {
  const rows = examples.map((example) => valuesOf(example, name, type) ?? []);
  const values = rows.flat();
  const longest = Math.max(0, ...rows.map((row) => row.length));
  const places = rows.flatMap((row, index) => row.flatMap((_, at) => (isSingle ? [at] : [index, at])));
  const shape = isSingle ? [longest] : [examples.length, longest];
  return [
    makeTensor(Int32Array.from(places), [values.length, shape.length], "int32"),
    featureTensor(values, [values.length], type),
    makeTensor(Int32Array.from(shape), [shape.length], "int32"),
  ];
}

/** Values of all examples in turns, and where each one's begin. */
export function raggedTensors({ name, type }: ListFeature, examples: readonly ParsedExample[]): Tensor[] {
  const values = examples.flatMap((example) => valuesOf(example, name, type) ?? []);
  return [featureTensor(values, [values.length], type), rowSplits({ name, type }, examples)];
}

function rowSplits({ name, type }: ListFeature, examples: readonly ParsedExample[]): Tensor {
  const splits = new Int32Array(examples.length + 1);
  for (const [index, example] of examples.entries()) {
    splits[index + 1] = (splits[index] as number) + (valuesOf(example, name, type)?.length ?? 0);
  }
  return makeTensor(splits, [splits.length], "int32");
}
