import { PlinthError } from "@plinth/core";
import type { FeatureLists } from "@plinth/protobuf-messages/tensorflow/example";
import type { Tensor } from "@tensorflow/tfjs-core";
import { makeTensor } from "../tensors/to-engine.js";
import { valueError } from "../value-error.js";
import { integerVector } from "./elements.js";
import { type FeatureList, type FeatureValue, featureTensor, parsedList, typedValues } from "./example-features.js";
import type { ListFeature } from "./feature-tensors.js";
import { checkSize } from "./shapes.js";

/** The steps of an example: the values of each, by the name of the feature. A step without values is `undefined`. */
export type ParsedSequence = ReadonlyMap<string, readonly (FeatureList | undefined)[]>;

/** A feature that has as many values in each step. */
export interface DenseSteps extends ListFeature {
  /** Of one step. */
  readonly shape: readonly number[];
  readonly mayBeMissing: boolean;
}

type Steps = readonly (readonly FeatureValue[])[];

export function parsedLists(lists: FeatureLists | undefined): ParsedSequence {
  return new Map(
    [...(lists?.featureList ?? [])].map(([name, { feature }]) => [name, feature.map((each) => parsedList(name, each))]),
  );
}

function stepsOf(sequence: ParsedSequence, { name, type }: ListFeature): Steps | undefined {
  return sequence
    .get(name)
    ?.map((step) => (step === undefined || step.values.length === 0 ? [] : typedValues(step, name, type)));
}

/** Values, filled up to the longest example, and how many steps each has. */
export function denseSteps(feature: DenseSteps, sequences: readonly ParsedSequence[], isSingle: boolean): Tensor[] {
  const { type, shape } = feature;
  const width = shape.reduce((product, length) => product * length, 1);
  const examples = sequences.map((sequence, index) => completeSteps(feature, stepsOf(sequence, feature), width, index));
  const longest = Math.max(0, ...examples.map((steps) => steps.length));
  checkSize([examples.length, longest, width]);
  const filler: FeatureValue = type === "string" ? new Uint8Array() : 0;
  const values = examples.flatMap((steps) => [
    ...steps.flat(),
    ...new Array<FeatureValue>((longest - steps.length) * width).fill(filler),
  ]);
  const batch = isSingle ? [] : [examples.length];
  const lengths = Int32Array.from(examples, (steps) => steps.length);
  return [featureTensor(values, [...batch, longest, ...shape], type), makeTensor(lengths, batch, "int32")];
}

function completeSteps(
  { name, mayBeMissing }: DenseSteps,
  steps: Steps | undefined,
  width: number,
  index: number,
): Steps {
  if (steps === undefined) {
    if (mayBeMissing) return [];
    throw new PlinthError(
      "TENSOR_INVALID",
      `Feature list ${JSON.stringify(name)} is required but could not be found in example ${index}`,
      { details: { feature: name } },
    );
  }
  const step = steps.findIndex((values) => values.length !== width);
  if (step === -1) return steps;
  throw valueError(
    `Feature list ${JSON.stringify(name)} of example ${index} is expected to have ${width} values in step ${step}, got ${steps[step]?.length}`,
  );
}

/** Places, values and shape. */
export function sparseSteps(feature: ListFeature, sequences: readonly ParsedSequence[], isSingle: boolean): Tensor[] {
  const examples = sequences.map((sequence) => stepsOf(sequence, feature) ?? []);
  const values = examples.flat(2) as readonly FeatureValue[];
  const places = examples.flatMap((steps, index) =>
    steps.flatMap((step, time) => step.flatMap((_, at) => (isSingle ? [time, at] : [index, time, at]))),
  );
  const longest = Math.max(0, ...examples.map((steps) => steps.length));
  const widest = examples.flat().reduce((most, step) => Math.max(most, step.length), 0);
  const shape = [...(isSingle ? [] : [examples.length]), longest, widest];
  return [
    makeTensor(Int32Array.from(places), [values.length, shape.length], "int32"),
    featureTensor(values, [values.length], feature.type),
    integerVector(shape),
  ];
}

/** Values, where the steps of each example begin among all steps, and where the values of each step begin. */
export function raggedSteps(feature: ListFeature, sequences: readonly ParsedSequence[]): Tensor[] {
  const examples = sequences.map((sequence) => stepsOf(sequence, feature) ?? []);
  const steps = examples.flat();
  const values = steps.flat();
  return [
    featureTensor(values, [values.length], feature.type),
    integerVector(splits(examples)),
    integerVector(splits(steps)),
  ];
}

function splits(rows: readonly (readonly unknown[])[]): number[] {
  const begins = [0];
  for (const row of rows) begins.push((begins.at(-1) as number) + row.length);
  return begins;
}
