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
  const { length } = bytes;
  for (at++; ; at++) {
    while (at < length && ORDINARY[bytes[at] as number] === 1) at++;
    const byte = bytes[at];
    if (byte === QUOTE) return at;
    if (byte === undefined) throw syntaxError(bytes, at, "Missing a closing quotation mark in string", "'\"'");
    if (byte !== BACKSLASH) {
      throw syntaxError(bytes, at, "Invalid character in string", "control characters to be escaped");
    }
    at = lastOfEscape(bytes, at);
  }
}

/**
 * What a JSON string stands for, given the bytes between its quotes, which {@link closingQuote} has checked: those very bytes
 * where nothing is escaped, else new ones.
 */
export function unescaped(content: Uint8Array): Uint8Array {
  let at = content.indexOf(BACKSLASH);
  if (at < 0) return content;
  // No escape is shorter than the UTF-8 it stands for.
  const result = new Uint8Array(content.length);
  result.set(content.subarray(0, at));
  let length = at;
  while (at < content.length) {
    const byte = content[at++] as number;
    if (byte !== BACKSLASH) {
      result[length++] = byte;
      continue;
    }
    const letter = content[at++] as number;
    if (letter !== LOWER_U) {
      result[length++] = SIMPLE_ESCAPES[letter] as number;
      continue;
    }
    let code = hexadecimal(content, at);
    at += 4;
    if (code >= HIGH_SURROGATES && code < END_OF_SURROGATES) {
      code = 0x10000 + (code - HIGH_SURROGATES) * 0x400 + hexadecimal(content, at + 2) - LOW_SURROGATES;
      at += 6;
    }
    length = writeUtf8(result, length, code);
  }
  return result.subarray(0, length);
}

/** As {@link unescaped}, for the text between two quotes; what is not UTF-8 becomes U+FFFD. */
export function textOf(bytes: Buffer, from: number, to: number): string {
  const text = bytes.toString("utf8", from, to);
  return text.includes("\\") ? Buffer.from(unescaped(bytes.subarray(from, to))).toString() : text;
}

/** Position of the last byte of the escape, or pair of surrogates, whose backslash is at `at`. */
function lastOfEscape(bytes: Uint8Array, at: number): number {
  const letter = bytes[at + 1];
  if (letter !== LOWER_U) {
    if (letter !== undefined && SIMPLE_ESCAPES[letter] !== 0) return at + 1;
    throw syntaxError(bytes, at + 1, "Invalid escape character in string", 'one of "\\/bfnrtu');
  }
  const unit = checkedUnit(bytes, at + 2);
  if (unit < HIGH_SURROGATES || unit >= END_OF_SURROGATES) return at + 5;
  const paired = unit < LOW_SURROGATES && bytes[at + 6] === BACKSLASH && bytes[at + 7] === LOWER_U;
  const low = paired ? checkedUnit(bytes, at + 8) : 0;
  if (low >= LOW_SURROGATES && low < END_OF_SURROGATES) return at + 11;
  throw syntaxError(bytes, at, "The surrogate pair in string is invalid", "\\ud800-\\udbff before \\udc00-\\udfff");
}

function checkedUnit(bytes: Uint8Array, at: number): number {
  const unit = hexadecimal(bytes, at);
  if (unit >= 0) return unit;
  throw syntaxError(bytes, at, "Incorrect hex digit after \\u escape in string", "four hexadecimal digits");
}

/** The value of four hexadecimal digits, or -1. */
function hexadecimal(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let index = at; index < at + 4; index++) {
    const byte = bytes[index] ?? 0;
    const letter = (byte | LOWER_CASE) - LOWER_A;
    if (byte >= ZERO && byte <= ZERO + 9) value = value * 16 + byte - ZERO;
    else if (letter >= 0 && letter < 6) value = value * 16 + letter + 10;
    else return -1;
  }
  return value;
}

function writeUtf8(bytes: Uint8Array, at: number, code: number): number {
  if (code < 0x80) {
    bytes[at++] = code;
    return at;
  }
  if (code < 0x800) {
    bytes[at++] = 0xc0 | (code >> 6);
  } else {
    if (code < 0x10000) {
      bytes[at++] = 0xe0 | (code >> 12);
    } else {
      bytes[at++] = 0xf0 | (code >> 18);
      bytes[at++] = 0x80 | ((code >> 12) & 0x3f);
    }
    bytes[at++] = 0x80 | ((code >> 6) & 0x3f);
  }
  bytes[at++] = 0x80 | (code & 0x3f);
  return at;
}

// Not imported, as in number-rows.ts, so that they are folded into the loops.
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
const LOWER_A = 0x61;
const LOWER_U = 0x75;
const LOWER_CASE = 0x20;
const HIGH_SURROGATES = 0xd800;
const LOW_SURROGATES = 0xdc00;
const END_OF_SURROGATES = 0xe000;

/** 1 for each byte that may stand in a string and means only itself. */
const ORDINARY = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte !== QUOTE && byte !== BACKSLASH ? 1 : 0,
);

/** What the letter after a backslash stands for, 0 for letters that may not follow one. */
const SIMPLE_ESCAPES = new Uint8Array(256);
for (const [letter, meaning] of Object.entries({
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
})) {
  SIMPLE_ESCAPES[letter.charCodeAt(0)] = meaning.charCodeAt(0);
}
