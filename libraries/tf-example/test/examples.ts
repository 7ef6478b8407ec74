import {
  Example as ExampleMessage,
  type Feature as FeatureMessage,
} from "@plinth/protobuf-messages/tensorflow/example";
import type { Example, Feature } from "../src/index.js";

/** A feature as tests write it: numbers are floats, bigints integers, texts bytes. */
export type FeatureValues = readonly number[] | readonly bigint[] | readonly string[];

export function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text));
}

export function feature(values: FeatureValues): Feature {
  const [first] = values;
  if (typeof first === "number") return { kind: "float", values: Float32Array.from(values as readonly number[]) };
  if (typeof first === "bigint") return { kind: "int64", values: BigInt64Array.from(values as readonly bigint[]) };
  return { kind: "bytes", values: (values as readonly string[]).map(bytes) };
}

export function example(features: Readonly<Record<string, FeatureValues>>): Example {
  return new Map(Object.entries(features).map(([name, values]) => [name, feature(values)]));
}

/** As another program would serialize it. */
export function message(of: Example): Uint8Array {
  const features = new Map([...of].map(([name, value]) => [name, featureMessage(value)]));
  return ExampleMessage.encode(ExampleMessage.fromPartial({ features: { feature: features } })).finish();
}

function featureMessage({ kind, values }: Feature): FeatureMessage {
  switch (kind) {
    case "bytes":
      return { kind: { $case: "bytesList", value: { value: [...values] } } };
    case "float":
      return { kind: { $case: "floatList", value: { value: [...values] } } };
    case "int64":
      return { kind: { $case: "int64List", value: { value: [...values] } } };
    case "none":
      return { kind: undefined };
  }
}
