import { PlinthError } from "@plinth/core";
import { Example, type Feature, type Features } from "@plinth/protobuf-messages/tensorflow/example";
import type { ElementType } from "@plinth/saved-model";
import type { Tensor } from "@tensorflow/tfjs-core";
import { makeTensor } from "../tensors/to-engine.js";
import { valueError } from "../value-error.js";

export type FeatureValue = number | Uint8Array;

/** The values of a feature, in the kind of list that they came in. */
export interface FeatureList {
  readonly kind: string;
  readonly values: readonly FeatureValue[];
}

/** One example: its features by name. */
export type ParsedExample = ReadonlyMap<string, FeatureList>;

const LISTS: Readonly<Partial<Record<ElementType, string>>> = {
  float32: "floatList",
  int64: "int64List",
  string: "bytesList",
};

/** @throws PlinthError `TENSOR_INVALID` for bytes that are no tf.Example, and whole numbers past int32 */
export function parseExample(bytes: Uint8Array, index: number): ParsedExample {
  return parsedFeatures(decoded(Example, bytes, index, "tf.Example").features);
}

/** What a message holds; these bytes come from the client. */
export function decoded<T>(
  message: { decode(bytes: Uint8Array): T },
  bytes: Uint8Array,
  index: number,
  name: string,
): T {
  try {
    return message.decode(bytes);
  } catch (cause) {
    throw valueError(`Could not parse example input ${index}: expected a serialized ${name}`, cause);
  }
}

export function parsedFeatures(features: Features | undefined): ParsedExample {
  return new Map(
    [...(features?.feature ?? [])].flatMap(([name, feature]) => {
      const list = parsedList(name, feature);
      return list === undefined ? [] : [[name, list]];
    }),
  );
}

/** `undefined` where the feature has no list of values. */
export function parsedList(name: string, { kind }: Feature): FeatureList | undefined {
  if (kind === undefined) return undefined;
  const values = kind.$case === "int64List" ? kind.value.value.map((value) => narrowed(name, value)) : kind.value.value;
  return { kind: kind.$case, values };
}

function narrowed(name: string, value: bigint): number {
  if (BigInt.asIntN(32, value) === value) return Number(value);
  throw new PlinthError(
    "TENSOR_INVALID",
    `Feature ${JSON.stringify(name)} holds ${value}, past the 32 bits of this engine`,
  );
}

/** @throws PlinthError `TENSOR_INVALID` for values of another type than the model parses */
export function valuesOf(example: ParsedExample, name: string, type: ElementType): readonly FeatureValue[] | undefined {
  const feature = example.get(name);
  return feature === undefined ? undefined : typedValues(feature, name, type);
}

/** @throws PlinthError `TENSOR_INVALID` for values of another type than the model parses */
export function typedValues({ kind, values }: FeatureList, name: string, type: ElementType): readonly FeatureValue[] {
  if (kind === LISTS[type]) return values;
  throw new PlinthError(
    "TENSOR_INVALID",
    `Feature ${JSON.stringify(name)} is expected to be ${LISTS[type] ?? type}, got ${kind}`,
    { details: { feature: name } },
  );
}

export function featureTensor(values: readonly FeatureValue[], shape: readonly number[], type: ElementType): Tensor {
  if (type === "string") return makeTensor(values as readonly Uint8Array[], shape, "string");
  const numbers = values as readonly number[];
  return type === "float32"
    ? makeTensor(Float32Array.from(numbers), shape, "float32")
    : makeTensor(Int32Array.from(numbers), shape, "int32");
}
