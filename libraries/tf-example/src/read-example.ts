import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { type Example, type Feature, NO_FEATURE } from "./example.js";
import { readFields, readMessages } from "./read-fields.js";

/** Field numbers of `tensorflow/core/example/example.proto` and `feature.proto`. */
const FEATURES = 1;
const FEATURE = 1;
const KEY = 1;
const VALUE = 2;
const VALUES = 1;
const BYTES_LIST = 1;
const FLOAT_LIST = 2;
const INT64_LIST = 3;

/**
 * Reads one serialized `tf.Example`. Of features with equal names the last counts, as everywhere in protobuf. Values of bytes are
 * views over `bytes`.
 *
 * @throws Error for bytes that are no such message
 */
export function readExample(bytes: Uint8Array): Example {
  const example = new Map<string, Feature>();
  readEntries(bytes, (name, feature) => {
    example.set(name, feature === undefined ? NO_FEATURE : readFeature(feature));
  });
  return example;
}

/**
 * Walks over the entries of the map of features in one serialized `tf.Example`.
 *
 * @param read is given the name, the message of the feature (`undefined` where the entry has none), and the message of the whole entry
 * @throws Error for bytes that are no such message
 */
export function readEntries(
  bytes: Uint8Array,
  read: (name: string, feature: Uint8Array | undefined, entry: Uint8Array) => void,
): void {
  readMessages(bytes, FEATURES, (features) => {
    readMessages(features, FEATURE, (entry) => {
      let name = "";
      let feature: Uint8Array | undefined;
      readFields(entry, (reader, field, wireType) => {
        if (wireType !== WireType.LengthDelimited) return false;
        if (field === KEY) name = reader.string();
        else if (field === VALUE) feature = reader.bytes();
        else return false;
        return true;
      });
      read(name, feature, entry);
    });
  });
}

/** Of lists of several kinds the last counts; those of one kind are joined. */
function readFeature(bytes: Uint8Array): Feature {
  let kind = 0;
  let lists: Uint8Array[] = [];
  readFields(bytes, (reader, field, wireType) => {
    if (field < BYTES_LIST || field > INT64_LIST || wireType !== WireType.LengthDelimited) return false;
    if (field !== kind) lists = [];
    kind = field;
    lists.push(reader.bytes());
    return true;
  });
  switch (kind) {
    case BYTES_LIST:
      return { kind: "bytes", values: lists.flatMap(readBytesList) };
    case FLOAT_LIST:
      return { kind: "float", values: joined(lists.map(readFloatList), (count) => new Float32Array(count)) };
    case INT64_LIST:
      return { kind: "int64", values: joined(lists.map(readInt64List), (count) => new BigInt64Array(count)) };
    default:
      return NO_FEATURE;
  }
}

function readBytesList(list: Uint8Array): readonly Uint8Array[] {
  const values: Uint8Array[] = [];
  readMessages(list, VALUES, (value) => values.push(value));
  return values;
}

/** Packed floats are copied in one go: they seldom lie where a `Float32Array` could view them. */
function readFloatList(list: Uint8Array): Float32Array {
  const parts: Float32Array[] = [];
  readFields(list, (reader, field, wireType) => {
    if (field !== VALUES) return false;
    if (wireType === WireType.Bit32) {
      parts.push(Float32Array.of(reader.float()));
      return true;
    }
    if (wireType !== WireType.LengthDelimited) return false;
    const packed = reader.bytes();
    const { BYTES_PER_ELEMENT: size } = Float32Array;
    if (packed.length % size !== 0) throw new RangeError(`${packed.length} bytes are no whole number of floats`);
    const values = new Float32Array(packed.length / size);
    new Uint8Array(values.buffer).set(packed);
    parts.push(values);
    return true;
  });
  return joined(parts, (count) => new Float32Array(count));
}

function readInt64List(list: Uint8Array): BigInt64Array {
  const values: bigint[] = [];
  readFields(list, (reader, field, wireType) => {
    if (field !== VALUES) return false;
    if (wireType === WireType.Varint) {
      values.push(BigInt(reader.int64()));
      return true;
    }
    if (wireType !== WireType.LengthDelimited) return false;
    const packed = new BinaryReader(reader.bytes());
    while (packed.pos < packed.len) values.push(BigInt(packed.int64()));
    return true;
  });
  return BigInt64Array.from(values);
}

/** The only part itself, else one array of all parts, as `allocate` makes it. */
function joined<Values extends Float32Array | BigInt64Array>(
  parts: readonly Values[],
  allocate: (count: number) => Values,
): Values {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const all = allocate(parts.reduce((count, part) => count + part.length, 0));
  let at = 0;
  for (const part of parts) {
    (all as Float32Array).set(part as Float32Array, at);
    at += part.length;
  }
  return all;
}
