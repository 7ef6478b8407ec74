import { OPEN_BRACE, QUOTE } from "./characters.js";
import { ObjectWalker } from "./object-walker.js";
import { closingQuote, unescaped } from "./strings.js";

/** The one key of an object that stands for bytes. */
export const BASE64_KEY = "b64";

/**
 * Whether the value at `at` is an object of exactly one member, `b64`, with a string: how bytes are written in JSON. The string
 * itself is not looked at.
 *
 * @throws PlinthError `REQUEST_INVALID` for bad syntax as far as it looks
 */
export function isBase64Object(bytes: Uint8Array, at: number): boolean {
  return base64String(bytes, at) !== undefined;
}

/** Bytes that a `{"b64": "..."}` stands for, and where the object ends. */
export interface Base64Value {
  /** `undefined` for a string that is not base64. */
  readonly data: Uint8Array | undefined;
  readonly end: number;
}

/**
 * Reads the value at `at` if it {@link isBase64Object}, else gives `undefined`.
 *
 * @throws PlinthError `REQUEST_INVALID` for bad syntax as far as it looks
 */
export function readBase64Object(bytes: Uint8Array, at: number): Base64Value | undefined {
  const found = base64String(bytes, at);
  if (found === undefined) return undefined;
  const text = unescaped(bytes.subarray(found.from, found.to));
  return {
    data: decodeBase64(Buffer.from(text.buffer, text.byteOffset, text.length).toString("latin1")),
    end: found.end,
  };
}

/**
 * Decodes RFC 4648's standard alphabet. Padding may be left out, but not be wrong where it is there; `undefined` for any other
 * character, white space and the URL-safe alphabet included.
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  const unpadded = text.length % 4 === 0 ? text.replace(/={1,2}$/, "") : text;
  const expected = Math.floor((unpadded.length * 3) / 4);
  if (unpadded.length % 4 === 1 || /[-_]/.test(unpadded)) return undefined;
  // Buffer passes over what is not in the alphabet, so that every such character makes the result shorter.
  const data = Buffer.from(unpadded, "base64");
  return data.length === expected ? new Uint8Array(data.buffer, data.byteOffset, data.length) : undefined;
}

function base64String(bytes: Uint8Array, at: number): { from: number; to: number; end: number } | undefined {
  if (bytes[at] !== OPEN_BRACE) return undefined;
  const walker = new ObjectWalker(bytes);
  const value = walker.enter(at);
  if (value < 0 || walker.key !== BASE64_KEY || bytes[value] !== QUOTE) return undefined;
  const to = closingQuote(bytes, value);
  if (walker.next(to + 1) >= 0) return undefined;
  return { from: value + 1, to, end: walker.end };
}
