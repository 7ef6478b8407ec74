import { BACKSLASH, OPEN_BRACE, QUOTE } from "./characters.js";
import { ObjectWalker } from "./object-walker.js";
import { closingQuote, unescaped } from "./strings.js";

/** The one key of an object that stands for bytes. */
export const BASE64_KEY = "b64";

/** Bytes that a `{"b64": "..."}` stands for, and where the object ends. */
export interface Base64Value {
  /** `undefined` for a string that is not base64. */
  readonly data: Uint8Array | undefined;
  readonly end: number;
}

/**
 * Whether the value at `at` is an object of exactly one member, `b64`, with a string: how bytes are written in JSON. What the
 * string consists of is not looked at.
 *
 * @throws PlinthError `REQUEST_INVALID` for bad syntax as far as it looks
 */
export function isBase64Object(bytes: Buffer, at: number): boolean {
  return base64String(bytes, at) !== undefined;
}

/**
 * Reads the value at `at` if it is as {@link isBase64Object} wants it, else gives `undefined`.
 *
 * @throws PlinthError `REQUEST_INVALID` for bad syntax as far as it looks
 */
export function readBase64Object(bytes: Buffer, at: number): Base64Value | undefined {
  const found = base64String(bytes, at);
  if (found === undefined) return undefined;
  const { from, to, end } = found;
  const { buffer, byteOffset, length } = unescaped(bytes.subarray(from, to));
  return { data: decodeBase64(Buffer.from(buffer, byteOffset, length).toString("latin1")), end };
}

/**
 * Decodes RFC 4648's standard alphabet. Padding may be left out, but not be wrong where it is there; `undefined` for any other
 * character, white space and the URL-safe alphabet included.
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  const padding = text.length % 4 !== 0 || !text.endsWith("=") ? 0 : text.endsWith("==") ? 2 : 1;
  const digits = text.length - padding;
  if (digits % 4 === 1 || text.includes("-") || text.includes("_")) return undefined;
  // Buffer passes over what is not in the alphabet, so that every such character makes the result shorter.
  const data = Buffer.from(text, "base64");
  if (data.length !== Math.floor((digits * 3) / 4)) return undefined;
  return new Uint8Array(data.buffer, data.byteOffset, data.length);
}

function base64String(bytes: Buffer, at: number): { from: number; to: number; end: number } | undefined {
  if (bytes[at] !== OPEN_BRACE) return undefined;
  const walker = new ObjectWalker(bytes);
  const value = walker.enter(at);
  if (value < 0 || walker.key !== BASE64_KEY || bytes[value] !== QUOTE) return undefined;
  const from = value + 1;
  // Faster than closingQuote on long strings. That it passes over control characters matters not: they are no base64.
  let to = bytes.indexOf(QUOTE, from);
  if (to < 0 || bytes.subarray(from, to).includes(BACKSLASH)) to = closingQuote(bytes, value);
  return walker.next(to + 1) < 0 ? { from, to, end: walker.end } : undefined;
}
