import type { Shape } from "../constant-tensor.js";
import { type CompositePart, readTypeSpec } from "./composite-parts.js";
import { readShape } from "./tensor-message.js";
import { type WireReader, zigzag } from "./wire-reader.js";

/** StructuredValue: an argument or a result of a traced function, as Python had it. */
export type StructuredValue =
  | { readonly kind: "tensor"; readonly name: string; readonly dataType: number; readonly shape: Shape }
  /** In order: of a list, a tuple, a named tuple's values, a dictionary's by sorted key. */
  | { readonly kind: "group"; readonly entries: readonly (readonly [name: string, value: StructuredValue])[] }
  | { readonly kind: "plain"; readonly value: string | number | boolean | undefined }
  /** Ragged and sparse tensors, and whatever else Python packs into several tensors, whose parts are not known. */
  | { readonly kind: "composite"; readonly parts: readonly CompositePart[] };

const NOTHING: StructuredValue = { kind: "plain", value: undefined };

export function readStructuredValue(reader: WireReader): StructuredValue {
  let value: StructuredValue = NOTHING;
  while (reader.next()) value = readKind(reader) ?? value;
  return value;
}

function readKind(reader: WireReader): StructuredValue | undefined {
  switch (reader.field) {
    case 11:
      return { kind: "plain", value: reader.double() };
    case 12:
      return { kind: "plain", value: Number(zigzag(reader.bigint())) };
    case 13:
      return { kind: "plain", value: reader.string() };
    case 14:
      return { kind: "plain", value: reader.bool() };
    case 33:
    case 35:
      return readTensorSpec(reader.message());
    case 34:
      return { kind: "composite", parts: readTypeSpec(reader.message()) };
    case 51:
    case 52:
      return { kind: "group", entries: readList(reader.message()) };
    case 53:
      return { kind: "group", entries: readDictionary(reader.message()) };
    case 54:
      return { kind: "group", entries: readNamedTuple(reader.message()) };
    default:
      reader.skip();
      return undefined;
  }
}

type Entry = readonly [string, StructuredValue];

function readList(reader: WireReader): readonly Entry[] {
  const entries: Entry[] = [];
  while (reader.next()) {
    if (reader.field === 1) entries.push([String(entries.length), readStructuredValue(reader.message())]);
    else reader.skip();
  }
  return entries;
}

function readDictionary(reader: WireReader): readonly Entry[] {
  const entries: Entry[] = [];
  while (reader.next()) {
    if (reader.field === 1) entries.push(reader.entry((entry) => readStructuredValue(entry.message()), nothing));
    else reader.skip();
  }
  return entries.sort(([a], [b]) => (a < b ? -1 : 1));
}

function readNamedTuple(reader: WireReader): readonly Entry[] {
  const entries: Entry[] = [];
  while (reader.next()) {
    if (reader.field === 2) entries.push(reader.entry((entry) => readStructuredValue(entry.message()), nothing));
    else reader.skip();
  }
  return entries;
}

function readTensorSpec(reader: WireReader): StructuredValue {
  let name = "";
  let shape: Shape = [];
  let dataType = 0;
  while (reader.next()) {
    if (reader.field === 1) name = reader.string();
    else if (reader.field === 2) shape = readShape(reader.message());
    else if (reader.field === 3) dataType = reader.number();
    else reader.skip();
  }
  return { kind: "tensor", name, dataType, shape };
}

function nothing(): StructuredValue {
  return NOTHING;
}
