import { PlinthError } from "@plinth/core";
import { LENGTH_DELIMITED, tag } from "./wire-format.js";
import { WireReader } from "./wire-reader.js";

/** Most strings of one tensor: each takes a hundred bytes of memory here and may take two in the message. */
const MAX_STRINGS = 1_000_000;

/** The strings of a repeated field, as views of the message. */
export function readStringValues(message: Buffer, field: number): readonly Uint8Array[] {
  const strings: Uint8Array[] = [];
  const reader = new WireReader(message);
  while (reader.next()) {
    if (reader.tag !== tag(field, LENGTH_DELIMITED)) reader.skip();
    else if (strings.push(reader.bytes()) > MAX_STRINGS) throw tooMany();
  }
  return strings;
}

/** Strings as `tensor_content` has them: the lengths of all as varints, then their bytes (TensorFlow's `EncodeStringList`). */
export function readStringContent(content: Buffer, count: number): readonly Uint8Array[] {
  if (count > MAX_STRINGS) throw tooMany();
  const reader = new WireReader(content);
  const lengths = Array.from({ length: count }, () => reader.uint32());
  const strings = lengths.map((length) => reader.raw(length));
  if (reader.isAtEnd) return strings;
  throw new PlinthError("TENSOR_INVALID", `tensor_content holds more than the ${count} strings that the shape has`);
}

function tooMany(): PlinthError {
  return new PlinthError("TENSOR_INVALID", `expected at most ${MAX_STRINGS} strings in a tensor, got more`);
}
