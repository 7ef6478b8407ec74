import type { PlinthError } from "@plinth/core";
import {
  CLOSE_BRACKET,
  COLON,
  COMMA,
  DOT,
  hasWord,
  LOWER_CASE,
  LOWER_E,
  MINUS,
  OPEN_BRACE,
  OPEN_BRACKET,
  PLUS,
  QUOTE,
  skipBlanks,
  ZERO,
} from "./characters.js";
import { closingQuote } from "./strings.js";
import { syntaxError } from "./syntax-error.js";

/**
 * Position after the JSON value that begins at `at`, white space before it allowed. All of its syntax is checked, for any
 * depth of nesting, in linear time and without recursion; the tokens `NaN`, `Infinity` and `-Infinity` count as numbers.
 *
 * @throws PlinthError `REQUEST_INVALID`
 */
export function skipValue(bytes: Uint8Array, at: number): number {
  at = skipBlanks(bytes, at);
  if (bytes[at] !== OPEN_BRACKET && bytes[at] !== OPEN_BRACE) return skipScalar(bytes, at);
  const open = new BracketStack();
  for (;;) {
    at = skipBlanks(bytes, at);
    const byte = bytes[at];
    if (byte === OPEN_BRACKET || byte === OPEN_BRACE) {
      at = skipBlanks(bytes, at + 1);
      if (bytes[at] !== byte + TO_CLOSING) {
        open.push(byte);
        if (byte === OPEN_BRACE) at = skipKey(bytes, at);
        continue;
      }
      at++;
    } else {
      at = skipScalar(bytes, at);
    }
    for (;;) {
      const enclosing = open.top();
      if (enclosing === undefined) return at;
      at = skipBlanks(bytes, at);
      const next = bytes[at];
      if (next === COMMA) {
        at++;
        if (enclosing === OPEN_BRACE) at = skipKey(bytes, at);
        break;
      }
      if (next !== enclosing + TO_CLOSING) throw missingComma(bytes, at, enclosing);
      open.pop();
      at++;
    }
  }
}

/** Position after the colon of the member whose key begins at `at`, white space before it allowed. */
function skipKey(bytes: Uint8Array, at: number): number {
  at = skipBlanks(bytes, at);
  if (bytes[at] !== QUOTE) throw missingKey(bytes, at);
  return skipColon(bytes, closingQuote(bytes, at) + 1);
}

/** Position after the colon that follows a key. */
export function skipColon(bytes: Uint8Array, at: number): number {
  at = skipBlanks(bytes, at);
  if (bytes[at] === COLON) return at + 1;
  throw syntaxError(bytes, at, "Missing a colon after a name of object member", "':'");
}

export function missingKey(bytes: Uint8Array, at: number): PlinthError {
  return syntaxError(bytes, at, "Missing a name for object member", "a name in double quotes");
}

export function missingComma(bytes: Uint8Array, at: number, enclosing: number): PlinthError {
  return enclosing === OPEN_BRACE
    ? syntaxError(bytes, at, "Missing a comma or } after an object member", "',' or '}'")
    : syntaxError(bytes, at, "Missing a comma or ] after an array element", "',' or ']'");
}

function skipScalar(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === QUOTE) return closingQuote(bytes, at) + 1;
  for (const word of WORDS) {
    if (byte === word.charCodeAt(0) && hasWord(bytes, at, word)) return at + word.length;
  }
  if (byte === MINUS || isDigit(byte)) return skipNumber(bytes, at);
  throw syntaxError(bytes, at, "Invalid value", "a JSON value");
}

function skipNumber(bytes: Uint8Array, at: number): number {
  if (bytes[at] === MINUS) at++;
  at = bytes[at] === ZERO ? at + 1 : skipDigits(bytes, at);
  if (bytes[at] === DOT) at = skipDigits(bytes, at + 1);
  if (((bytes[at] ?? 0) | LOWER_CASE) === LOWER_E) {
    at++;
    if (bytes[at] === PLUS || bytes[at] === MINUS) at++;
    at = skipDigits(bytes, at);
  }
  return at;
}

function skipDigits(bytes: Uint8Array, at: number): number {
  if (!isDigit(bytes[at])) throw syntaxError(bytes, at, "Invalid value", "a digit");
  do at++;
  while (isDigit(bytes[at]));
  return at;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= ZERO + 9;
}

/** Opening brackets that are not closed yet: a byte each, so that a body of nothing else costs no more than twice itself. */
class BracketStack {
  #brackets = new Uint8Array(64);
  #depth = 0;

  push(bracket: number): void {
    if (this.#depth === this.#brackets.length) {
      const grown = new Uint8Array(this.#depth * 2);
      grown.set(this.#brackets);
      this.#brackets = grown;
    }
    this.#brackets[this.#depth++] = bracket;
  }

  pop(): void {
    this.#depth--;
  }

  top(): number | undefined {
    return this.#depth === 0 ? undefined : this.#brackets[this.#depth - 1];
  }
}

const WORDS = ["true", "false", "null", "NaN", "Infinity", "-Infinity"];
/** What is added to an opening bracket or brace to get its closing one. */
const TO_CLOSING = CLOSE_BRACKET - OPEN_BRACKET;
