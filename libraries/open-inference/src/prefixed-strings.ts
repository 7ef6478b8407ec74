import { PlinthError } from "@plinth/core";

/** Bytes of the length before each element. */
const PREFIX_BYTES = 4;

/** Most elements of one tensor: each takes a hundred bytes of memory here and may take four in the message. */
const MAX_ELEMENTS = 1_000_000;

/**
 * The elements of a `BYTES` tensor: each is its length in four bytes, little-endian, and so many bytes. They are views over `bytes`.
 *
 * @param name of the input, for messages
 * @throws PlinthError `TENSOR_INVALID` where there are not exactly `count` whole elements
 */
export function readPrefixedStrings(bytes: Uint8Array, count: number, name: string): readonly Uint8Array[] {
  if (count > MAX_ELEMENTS) throw tooMany(name, count);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const elements: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.byteLength) {
    if (elements.length === count) throw malformed(name, count, `${bytes.byteLength - at} bytes more`);
    const from = at + PREFIX_BYTES;
    const end = from <= bytes.byteLength ? from + view.getUint32(at, true) : Number.POSITIVE_INFINITY;
    if (end > bytes.byteLength) throw malformed(name, count, `the end of the data inside element ${elements.length}`);
    elements.push(bytes.subarray(from, end));
    at = end;
  }
  if (elements.length < count) throw malformed(name, count, `${elements.length}`);
  return elements;
}

/** The opposite of {@link readPrefixedStrings}, in memory of its own. */
export function prefixedStrings(elements: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const element of elements) length += PREFIX_BYTES + element.byteLength;
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const element of elements) {
    view.setUint32(at, element.byteLength, true);
    bytes.set(element, at + PREFIX_BYTES);
    at += PREFIX_BYTES + element.byteLength;
  }
  return bytes;
}

function tooMany(name: string, count: number): PlinthError {
  return new PlinthError(
    "TENSOR_INVALID",
    `Input '${name}' of BYTES has too many elements: expected at most ${MAX_ELEMENTS}, got ${count}`,
    { details: { input: name } },
  );
}

function malformed(name: string, count: number, got: string): PlinthError {
  return new PlinthError(
    "TENSOR_INVALID",
    `Input '${name}' of BYTES is malformed: expected ${count} elements, each after its length in 4 bytes, got ${got}`,
    { details: { input: name } },
  );
}
