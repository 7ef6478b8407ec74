import { unescapeLiteral } from "./string-literal.js";
import { TextFormatError, type TextPosition } from "./text-format-error.js";

export type Token =
  | { readonly kind: "word"; readonly at: TextPosition; readonly text: string }
  | { readonly kind: "integer"; readonly at: TextPosition; readonly text: string; readonly value: bigint }
  | { readonly kind: "float"; readonly at: TextPosition; readonly text: string; readonly value: number }
  | { readonly kind: "string"; readonly at: TextPosition; readonly text: string; readonly value: Uint8Array }
  | { readonly kind: "sign"; readonly at: TextPosition; readonly text: string }
  | { readonly kind: "end"; readonly at: TextPosition; readonly text: "" };

const BLANKS = /(?:[ \t\r\f\v\n]+|#[^\n]*)+/y;
const WORD = /[A-Za-z_][A-Za-z0-9_]*/y;
const SIGN = /[-:{}<>[\],;/.]/y;
const HEXADECIMAL = /0[xX][0-9a-fA-F]+/y;
const FLOAT = /(?:(?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?[fF]?|\d+[eE][+-]?\d+[fF]?|\d+[fF])/y;
const INTEGER = /\d+/y;
const STRING = /"(?:[^"\\\n]|\\[^\n])*"|'(?:[^'\\\n]|\\[^\n])*'/y;

/** Most digits of a whole number: more than any field holds, and read at once. */
const MAX_DIGITS = 40;

/** The words and signs of a text, one after the other; comments and blanks are between them. */
export class Tokens {
  readonly #text: string;
  #offset = 0;
  #line = 1;
  #lineStart = 0;

  constructor(text: string) {
    this.#text = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  }

  /** @throws TextFormatError for what begins no word, number, string or sign */
  next(): Token {
    const blanks = this.#take(BLANKS);
    if (blanks !== undefined) this.#countLines(blanks);
    const at = { line: this.#line, column: this.#offset - this.#lineStart + 1 };
    if (this.#offset >= this.#text.length) return { kind: "end", at, text: "" };
    const first = this.#text[this.#offset] ?? "";
    const word = this.#take(WORD);
    if (word !== undefined) return { kind: "word", at, text: word };
    if (/\d/.test(first) || (first === "." && /\d/.test(this.#text[this.#offset + 1] ?? ""))) return this.#number(at);
    if (first === '"' || first === "'") return this.#string(at);
    const sign = this.#take(SIGN);
    if (sign !== undefined) return { kind: "sign", at, text: sign };
    throw new TextFormatError(at, `${JSON.stringify(first)} begins nothing that a text-format file can hold`);
  }

  #number(at: TextPosition): Token {
    const hexadecimal = this.#take(HEXADECIMAL);
    const float = hexadecimal === undefined ? this.#take(FLOAT) : undefined;
    const text = hexadecimal ?? float ?? this.#take(INTEGER) ?? "";
    const glued = this.#take(WORD);
    if (glued !== undefined) {
      throw new TextFormatError(at, `expected a number, got "${text}${glued}"; put a blank after a number`);
    }
    if (float !== undefined) return { kind: "float", at, text, value: Number.parseFloat(text) };
    if (text.length > MAX_DIGITS) throw new TextFormatError(at, `expected a number of at most ${MAX_DIGITS} digits`);
    const isOctal = /^0\d/.test(text);
    if (isOctal && /[89]/.test(text)) {
      throw new TextFormatError(at, `expected an octal number, since ${text} begins with 0, got a digit above 7`);
    }
    return { kind: "integer", at, text, value: BigInt(isOctal ? `0o${text.slice(1)}` : text) };
  }

  #string(at: TextPosition): Token {
    const text = this.#take(STRING);
    if (text === undefined) throw new TextFormatError(at, "this string does not end in its line");
    return { kind: "string", at, text, value: unescapeLiteral(text.slice(1, -1), at) };
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#offset;
    const match = pattern.exec(this.#text)?.[0];
    if (match !== undefined) this.#offset += match.length;
    return match;
  }

  #countLines(blanks: string): void {
    const from = this.#offset - blanks.length;
    for (let index = blanks.indexOf("\n"); index >= 0; index = blanks.indexOf("\n", index + 1)) {
      this.#line++;
      this.#lineStart = from + index + 1;
    }
  }
}
