import { TextFormatError } from "./text-format-error.js";
import type { TextField, TextMessage, TextScalar, TextValue } from "./text-message.js";
import { type Token, Tokens } from "./tokens.js";

/** Largest text, in UTF-16 units. */
const MAX_LENGTH = 1024 * 1024;

/** Most messages inside one another, as protobuf's own parsers have it. */
const MAX_DEPTH = 100;

/** Most fields of a text, counted with the items of lists. */
const MAX_FIELDS = 100_000;

const CLOSING: Readonly<Record<string, string>> = { "{": "}", "<": ">" };

/**
 * Reads a message of protobuf's text format
 * (https://protobuf.dev/reference/protobuf/textformat-spec/), whichever it is: names and values are taken as they are written.
 *
 * @throws TextFormatError at the first place that is not of the format, or past 1 MiB, 100 levels or 100000 fields
 */
export function parseTextFormat(text: string): TextMessage {
  if (text.length > MAX_LENGTH) {
    throw new TextFormatError({ line: 1, column: 1 }, `expected at most ${MAX_LENGTH} characters, got ${text.length}`);
  }
  return new Parser(text).parse();
}

class Parser {
  readonly #tokens: Tokens;
  #token: Token;
  #fields = 0;

  constructor(text: string) {
    this.#tokens = new Tokens(text);
    this.#token = this.#tokens.next();
  }

  parse(): TextMessage {
    return { kind: "message", at: { line: 1, column: 1 }, fields: this.#message(undefined, 0) };
  }

  /** Fields up to `closing`, or to the end of the text where that is `undefined`. */
  #message(closing: string | undefined, depth: number): readonly TextField[] {
    const fields: TextField[] = [];
    for (;;) {
      if (closing === undefined ? this.#token.kind === "end" : this.#isSign(closing)) return fields;
      const { at } = this.#token;
      const name = this.#name(closing);
      for (const value of this.#values(name, depth)) {
        if (++this.#fields > MAX_FIELDS) throw new TextFormatError(at, `expected at most ${MAX_FIELDS} fields`);
        fields.push({ name, at, value });
      }
      if (this.#isSign(",") || this.#isSign(";")) this.#take();
    }
  }

  #name(closing: string | undefined): string {
    if (this.#isWord()) return this.#take().text;
    if (!this.#isSign("[")) throw this.#unexpected(`the name of a field or ${closing ?? "the end"}`);
    this.#take();
    let name = "";
    while (!this.#isSign("]")) {
      if (!this.#isWord() && !this.#isSign(".") && !this.#isSign("/") && !this.#isSign("-")) {
        throw this.#unexpected("the name of an extension or a type, as [package.name]");
      }
      name += this.#take().text;
    }
    this.#take();
    return `[${name}]`;
  }

  #values(name: string, depth: number): readonly TextValue[] {
    const hasColon = this.#isSign(":");
    if (hasColon) this.#take();
    if (this.#isSign("[")) return this.#list(name, hasColon, depth);
    if (this.#opensMessage()) return [this.#nested(depth)];
    if (!hasColon) throw this.#unexpected(`":" or a message after ${name}`);
    return [this.#scalar(`a value for ${name}`)];
  }

  #list(name: string, hasColon: boolean, depth: number): readonly TextValue[] {
    this.#take();
    const values: TextValue[] = [];
    while (!this.#isSign("]")) {
      if (values.length > 0) this.#expect(",", `"," or "]" in the list of ${name}`);
      if (this.#opensMessage()) values.push(this.#nested(depth));
      else if (hasColon) values.push(this.#scalar(`an item of the list of ${name}`));
      else throw this.#unexpected(`":" after ${name}, or a list of messages`);
    }
    this.#take();
    return values;
  }

  #nested(depth: number): TextMessage {
    const { at, text } = this.#take();
    if (depth + 1 > MAX_DEPTH)
      throw new TextFormatError(at, `expected at most ${MAX_DEPTH} messages inside one another`);
    const closing = CLOSING[text] ?? "}";
    const fields = this.#message(closing, depth + 1);
    this.#take();
    return { kind: "message", at, fields };
  }

  #scalar(expected: string): TextScalar {
    const { at } = this.#token;
    const negative = this.#isSign("-");
    if (negative) this.#take();
    const token = this.#token;
    switch (token.kind) {
      case "string":
        if (negative) throw this.#unexpected("a number after the minus");
        return { kind: "string", at, value: this.#strings() };
      case "integer":
        this.#take();
        return { kind: "integer", at, value: negative ? -token.value : token.value };
      case "float":
        this.#take();
        return { kind: "float", at, value: negative ? -token.value : token.value };
      case "word":
        this.#take();
        return { kind: "word", at, value: token.text, negative };
      default:
        throw this.#unexpected(negative ? "a number after the minus" : expected);
    }
  }

  #strings(): Uint8Array {
    const parts: Uint8Array[] = [];
    while (this.#token.kind === "string") {
      parts.push(this.#token.value);
      this.#take();
    }
    return Buffer.concat(parts);
  }

  #opensMessage(): boolean {
    return this.#isSign("{") || this.#isSign("<");
  }

  #isWord(): boolean {
    return this.#token.kind === "word";
  }

  #isSign(sign: string): boolean {
    return this.#token.kind === "sign" && this.#token.text === sign;
  }

  #expect(sign: string, expected: string): void {
    if (!this.#isSign(sign)) throw this.#unexpected(expected);
    this.#take();
  }

  #take(): Token {
    const token = this.#token;
    this.#token = this.#tokens.next();
    return token;
  }

  #unexpected(expected: string): TextFormatError {
    return new TextFormatError(this.#token.at, `expected ${expected}, got ${describe(this.#token)}`);
  }
}

function describe({ kind, text }: Token): string {
  if (kind === "end") return "the end of the file";
  const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  return kind === "string" ? `the string ${shown}` : JSON.stringify(shown);
}
