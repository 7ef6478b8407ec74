import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { Example, Feature } from "./example.js";

/** Field numbers of `tensorflow/core/example/example.proto` and `feature.proto`. */
const FEATURES = 1;
const FEATURE = 1;
const KEY = 1;
const VALUE = 2;
const VALUES = 1;
const LIST_FIELDS = { bytes: 1, float: 2, int64: 3 } as const;

/** Serializes one `tf.Example`. Equal examples give equal bytes: features are in the order of their names, numbers are packed. */
export function writeExample(example: Example): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(FEATURES, WireType.LengthDelimited).fork();
  for (const name of [...example.keys()].sort()) {
    writer.tag(FEATURE, WireType.LengthDelimited).fork();
    writer.tag(KEY, WireType.LengthDelimited).string(name);
    writer.tag(VALUE, WireType.LengthDelimited).fork();
    const feature = example.get(name);
    if (feature !== undefined && feature.kind !== "none") writeList(writer, feature);
    writer.join().join();
  }
  return writer.join().finish();
}

/** Serializes an `tf.Example` of the serialized entries of its map of features. */
export function writeEntries(entries: Iterable<Uint8Array>): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(FEATURES, WireType.LengthDelimited).fork();
  for (const entry of entries) writer.tag(FEATURE, WireType.LengthDelimited).bytes(entry);
  return writer.join().finish();
}

function writeList(writer: BinaryWriter, feature: Exclude<Feature, { kind: "none" }>): void {
  writer.tag(LIST_FIELDS[feature.kind], WireType.LengthDelimited).fork();
  switch (feature.kind) {
    case "bytes":
      for (const value of feature.values) writer.tag(VALUES, WireType.LengthDelimited).bytes(value);
      break;
    case "float": {
      const { buffer, byteOffset, byteLength } = feature.values;
      writer.tag(VALUES, WireType.LengthDelimited).bytes(new Uint8Array(buffer, byteOffset, byteLength));
      break;
    }
    case "int64":
      writer.tag(VALUES, WireType.LengthDelimited).fork();
      for (const value of feature.values) writer.int64(value);
      writer.join();
      break;
  }
  writer.join();
}
