import { PlinthError } from "@plinth/core";
import { OPEN_BRACE, QUOTE, skipBlanks } from "../json/characters.js";
import { ObjectWalker } from "../json/object-walker.js";
import { skipValue } from "../json/skip-value.js";
import { textOf } from "../json/strings.js";
import { syntaxError } from "../json/syntax-error.js";
import { excerpt } from "./excerpt.js";

/** The key that every request may have. */
export const SIGNATURE_KEY = "signature_name";

/** Where a value begins and ends. */
export interface Span {
  readonly at: number;
  readonly end: number;
}

/**
 * The members of a document that mean something: of each of `keys` the first, the others are passed over.
 *
 * @param expected the form of the document, for a message
 * @throws PlinthError `REQUEST_INVALID` for any bad syntax, and for a document that is no object
 */
export function findMembers(bytes: Buffer, keys: readonly string[], expected: string): ReadonlyMap<string, Span> {
  const start = startOf(bytes);
  if (start === bytes.length) throw syntaxError(bytes, start, "The document is empty", "a JSON object");
  if (bytes[start] !== OPEN_BRACE) {
    const end = skipValue(bytes, start);
    const value = excerpt(bytes, start, end);
    throw new PlinthError("REQUEST_INVALID", `JSON Value: ${value} Is not object. Expected ${expected}`);
  }
  const members = new Map<string, Span>();
  const walker = new ObjectWalker(bytes);
  for (let at = walker.enter(start); at >= 0; ) {
    const { key } = walker;
    const end = skipValue(bytes, at);
    if (keys.includes(key) && !members.has(key)) members.set(key, { at, end });
    at = walker.next(end);
  }
  return members;
}

/**
 * What the client named as signature; `undefined` where it named none, or the empty string.
 *
 * @throws PlinthError `REQUEST_INVALID` for a value that is no string
 */
export function findSignatureName(bytes: Buffer, members: ReadonlyMap<string, Span>): string | undefined {
  const named = members.get(SIGNATURE_KEY);
  if (named === undefined) return undefined;
  if (bytes[named.at] === QUOTE) return signatureName(bytes, named.at, named.end);
  throw new PlinthError(
    "REQUEST_INVALID",
    `'${SIGNATURE_KEY}' key must be a string value. Expected the name of a signature, or no such key for the default one; ` +
      `got ${excerpt(bytes, named.at, named.end)}`,
  );
}

/** The name that the string from `at` to `end` gives; `undefined` for the empty one. */
export function signatureName(bytes: Buffer, at: number, end: number): string | undefined {
  return textOf(bytes, at + 1, end - 1) || undefined;
}

/** Where the document begins: after a byte order mark and white space. */
export function startOf(bytes: Buffer): number {
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return skipBlanks(bytes, marked ? 3 : 0);
}

/** The same bytes, as a `Buffer`. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
