import { PlinthError } from "@plinth/core";
import { Example } from "@plinth/protobuf-messages/tensorflow/example";
import type { ElementType } from "@plinth/saved-model";
import type { Tensor } from "@tensorflow/tfjs-core";
import { makeTensor } from "../tensors/to-engine.js";

export type FeatureValue = number | Uint8Array;

/** One example: the values of each feature, in the kind of list that they came in. */
export type ParsedExample = ReadonlyMap<string, { readonly kind: string; readonly values: readonly FeatureValue[] }>;

const LISTS: Readonly<Partial<Record<ElementType, string>>> = {
  float32: "floatList",
  int64: "int64List",
  string: "bytesList",
};

/** @throws PlinthError `TENSOR_INVALID` for bytes that are no tf.Example, and whole numbers past int32 */
export function parseExample(bytes: Uint8Array, index: number): ParsedExample {
  let example: Example;
  try {
    example = Example.decode(bytes);
  } catch (cause) {
    throw new PlinthError(
      "TENSOR_INVALID",
      `Could not parse example input ${index}: expected a serialized tf.Example`,
      { cause },
    );
  }
  return new Map(
    [...(example.features?.feature ?? [])].flatMap(([name, { kind }]) => {
      if (kind === undefined) return [];
      const values =
        kind.$case === "int64List" ? kind.value.value.map((value) => narrowed(name, value)) : kind.value.value;
      return [[name, { kind: kind.$case, values }]];
    }),
  );
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
  if (feature === undefined) return undefined;
  if (feature.kind === LISTS[type]) return feature.values;
  throw new PlinthError(
    "TENSOR_INVALID",
    `Feature ${JSON.stringify(name)} is expected to be ${LISTS[type] ?? type}, got ${feature.kind}`,
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
