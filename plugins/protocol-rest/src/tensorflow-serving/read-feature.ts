import { PlinthError } from "@plinth/core";
import { type Feature, type FeatureKind, NO_FEATURE } from "@plinth/tf-example";
import { readBase64Object } from "../json/base64.js";
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  DOT,
  LOWER_CASE,
  LOWER_E,
  MINUS,
  OPEN_BRACKET,
  QUOTE,
  skipBlanks,
  ZERO,
} from "../json/characters.js";
import { clip, excerpt } from "../json/excerpt.js";
import { jsonTypeName } from "../json/json-type-name.js";
import { NumberRows } from "../json/number-rows.js";
import { skipValue } from "../json/skip-value.js";
import { closingQuote, unescaped } from "../json/strings.js";

/** A feature, and where in the document its value ends. */
export interface FeatureRead {
  readonly feature: Feature;
  readonly end: number;
}

/**
 * Reads the value of a feature: an element or a list of elements of one kind. Text and `{"b64": "..."}` make bytes, whole numbers,
 * `true` and `false` int64, and numbers with a point or an exponent, `NaN` and infinities float. An empty list makes a feature without values.
 *
 * @param bytes a document whose syntax has been checked
 * @throws PlinthError `REQUEST_INVALID`
 */
export function readFeature(bytes: Buffer, at: number, name: string): FeatureRead {
  const values = new FeatureValues(bytes, name);
  if (bytes[at] !== OPEN_BRACKET) {
    const end = values.add(at);
    return { feature: values.finish(), end };
  }
  at = skipBlanks(bytes, at + 1);
  while (bytes[at] !== CLOSE_BRACKET) {
    at = skipBlanks(bytes, values.add(at));
    if (bytes[at] === COMMA) at = skipBlanks(bytes, at + 1);
  }
  return { feature: values.finish(), end: at + 1 };
}

/** Elements of one feature; the first decides of which kind all are. */
class FeatureValues {
  readonly #bytes: Buffer;
  readonly #name: string;
  #kind: FeatureKind = "none";
  readonly #texts: Uint8Array[] = [];
  readonly #integers: bigint[] = [];
  #floats: NumberRows | undefined;

  constructor(bytes: Buffer, name: string) {
    this.#bytes = bytes;
    this.#name = name;
  }

  /** Takes the element at `at`, and any floats that follow a float; gives the position after what it took. */
  add(at: number): number {
    const bytes = this.#bytes;
    const kind = this.#kindAt(at);
    if (this.#kind === "none") this.#kind = kind;
    if (this.#kind !== kind) {
      throw invalid(
        `feature: ${clip(this.#name)} expecting type: ${this.#kind}, as its first value has. Got ${kind}: ${this.#value(at)}. ` +
          "Whole numbers are int64, numbers with a point or an exponent float, text is bytes",
      );
    }
    switch (kind) {
      case "float":
        this.#floats ??= new NumberRows(bytes, "float32", false);
        return this.#floats.readRow(at, countFloats(bytes, at));
      case "int64":
        return this.#integer(at);
      case "bytes":
        return bytes[at] === QUOTE ? this.#text(at) : this.#base64(at);
    }
  }

  finish(): Feature {
    switch (this.#kind) {
      case "none":
        return NO_FEATURE;
      case "bytes":
        return { kind: "bytes", values: this.#texts };
      case "int64":
        return { kind: "int64", values: BigInt64Array.from(this.#integers) };
      case "float":
        return { kind: "float", values: this.#floats?.finish() as Float32Array };
    }
  }

  #kindAt(at: number): Exclude<FeatureKind, "none"> {
    const bytes = this.#bytes;
    const type = jsonTypeName(bytes, at);
    switch (type) {
      case "String":
        return "bytes";
      case "True":
      case "False":
        return "int64";
      case "Number":
        return isWhole(bytes, at) ? "int64" : "float";
      case "Object":
        if (readBase64Object(bytes, at) !== undefined) return "bytes";
    }
    throw invalid(
      `feature: ${clip(this.#name)} has element with unexpected JSON type: ${type}: ${this.#value(at)}. ` +
        'Expected a number, text, true, false, {"b64": "<base64>"}, or a list of these',
    );
  }

  #integer(at: number): number {
    const bytes = this.#bytes;
    const end = skipValue(bytes, at);
    const text = bytes.toString("latin1", at, end);
    const value = text === "true" ? 1n : text === "false" ? 0n : BigInt(text.slice(0, MAX_DIGITS));
    if (text.length > MAX_DIGITS || BigInt.asIntN(64, value) !== value) {
      throw invalid(
        `feature: ${clip(this.#name)} has the number ${clip(text)}. Only int64_t is supported for whole numbers`,
      );
    }
    this.#integers.push(value);
    return end;
  }

  #text(at: number): number {
    const bytes = this.#bytes;
    const closing = closingQuote(bytes, at);
    this.#texts.push(unescaped(new Uint8Array(bytes.buffer, bytes.byteOffset + at + 1, closing - at - 1)));
    return closing + 1;
  }

  #base64(at: number): number {
    const { data, end } = readBase64Object(this.#bytes, at) ?? { data: undefined, end: at };
    if (data === undefined) {
      throw invalid(
        `feature: ${clip(this.#name)}: Unable to base64 decode ${this.#value(at)}: expected the standard alphabet ` +
          "A-Z a-z 0-9 + /, with correct padding or none, and no white space",
      );
    }
    this.#texts.push(data);
    return end;
  }

  #value(at: number): string {
    return excerpt(this.#bytes, at, skipValue(this.#bytes, at));
  }
}

/** How many elements from the float at `at` on are floats, so that all are read in one go. */
function countFloats(bytes: Buffer, at: number): number {
  for (let count = 1; ; count++) {
    while (!isDelimiter(bytes[at] as number)) at++;
    if (bytes[at] !== COMMA) return count;
    at = skipBlanks(bytes, at + 1);
    if (!beginsNumber(bytes[at] as number) || isWhole(bytes, at)) return count;
  }
}

/** Whether a value that begins with `byte` is a number, `NaN` and `Infinity` included. */
function beginsNumber(byte: number): boolean {
  return byte === MINUS || (byte >= ZERO && byte <= ZERO + 9) || byte === UPPER_I || byte === UPPER_N;
}

/** Whether `byte` ends an element of a list, or a member of an object. */
function isDelimiter(byte: number): boolean {
  return byte === COMMA || byte === CLOSE_BRACKET || byte === CLOSE_BRACE;
}

/** Whether the number at `at` is written with digits alone; `NaN` and `Infinity` are not. */
function isWhole(bytes: Buffer, at: number): boolean {
  if (bytes[at] === MINUS) at++;
  const first = at;
  for (let digit = bytes[at] as number; digit >= ZERO && digit <= ZERO + 9; digit = bytes[at] as number) at++;
  return at > first && bytes[at] !== DOT && ((bytes[at] as number) | LOWER_CASE) !== LOWER_E;
}

function invalid(message: string): PlinthError {
  return new PlinthError("REQUEST_INVALID", message);
}

const UPPER_I = 0x49;
const UPPER_N = 0x4e;
/** Of -2^63. JSON knows no leading zeros. */
const MAX_DIGITS = 20;
