import { BACKSLASH, QUOTE, SPACE } from "./characters.js";
import { syntaxError } from "./syntax-error.js";

/**
 * Position of the quote that closes the string whose opening quote is at `at`.
 *
 * Escapes are checked, surrogates included: one without its other half is no character and has no UTF-8, so it is refused
 * (`JSON.parse` lets it pass). Bytes that are not UTF-8 are let pass: a string tensor holds bytes, and what the client sent
 * is what the model gets.
 *
 * @throws PlinthError `REQUEST_INVALID`
 */
export function closingQuote(bytes: Uint8Array, at: number): number {
  for (at++; ; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) return at;
    if (byte === undefined) throw syntaxError(bytes, at, "Missing a closing quotation mark in string", "'\"'");
    if (byte < SPACE) throw syntaxError(bytes, at, "Invalid character in string", "control characters to be escaped");
    if (byte === BACKSLASH) at = lastOfEscape(bytes, at);
  }
}

/**
 * What a JSON string stands for, given the bytes between its quotes, which {@link closingQuote} has checked: those very bytes
 * where nothing is escaped, else new ones.
 */
export function unescaped(content: Uint8Array): Uint8Array {
  let backslash = content.indexOf(BACKSLASH);
  if (backslash < 0) return content;
  // No escape is shorter than the UTF-8 it stands for.
  const result = new Uint8Array(content.length);
  let length = 0;
  let from = 0;
  while (backslash >= 0) {
    result.set(content.subarray(from, backslash), length);
    length += backslash - from;
    from = lastOfEscape(content, backslash) + 1;
    const simple = SIMPLE_ESCAPES.indexOf(content[backslash + 1] as number);
    if (simple >= 0) result[length++] = SIMPLE_MEANINGS[simple] as number;
    else length += encoder.encodeInto(units(content, backslash, from), result.subarray(length)).written;
    backslash = content.indexOf(BACKSLASH, from);
  }
  result.set(content.subarray(from), length);
  length += content.length - from;
  return result.subarray(0, length);
}

/** Position of the last byte of the escape, or pair of surrogates, whose backslash is at `at`. */
function lastOfEscape(bytes: Uint8Array, at: number): number {
  const letter = bytes[at + 1];
  if (letter !== LOWER_U) {
    if (letter !== undefined && SIMPLE_ESCAPES.includes(letter)) return at + 1;
    throw syntaxError(bytes, at + 1, "Invalid escape character in string", 'one of "\\/bfnrtu');
  }
  const unit = hexadecimal(bytes, at + 2);
  if (unit < 0xd800 || unit > 0xdfff) return at + 5;
  const paired = unit < 0xdc00 && bytes[at + 6] === BACKSLASH && bytes[at + 7] === LOWER_U;
  const low = paired ? hexadecimal(bytes, at + 8) : 0;
  if (low >= 0xdc00 && low <= 0xdfff) return at + 11;
  throw syntaxError(bytes, at, "The surrogate pair in string is invalid", "\\ud800-\\udbff before \\udc00-\\udfff");
}

/** The character of one escape, or of a pair, in [from, to). */
function units(bytes: Uint8Array, from: number, to: number): string {
  const high = hexadecimal(bytes, from + 2);
  return to - from === 6 ? String.fromCharCode(high) : String.fromCharCode(high, hexadecimal(bytes, from + 8));
}

function hexadecimal(bytes: Uint8Array, at: number): number {
  const digits = String.fromCharCode(...bytes.subarray(at, at + 4));
  if (/^[0-9a-fA-F]{4}$/.test(digits)) return Number.parseInt(digits, 16);
  throw syntaxError(bytes, at, "Incorrect hex digit after \\u escape in string", "four hexadecimal digits");
}

const LOWER_U = 0x75;
const SIMPLE_ESCAPES = new TextEncoder().encode('"\\/bfnrt');
const SIMPLE_MEANINGS = new TextEncoder().encode('"\\/\b\f\n\r\t');
const encoder = new TextEncoder();
