import { type DType, PlinthError } from "@plinth/core";
import { TENSORFLOW_TYPES } from "@plinth/tf-example";
import { isBase64Object } from "./base64.js";
import { CLOSE_BRACKET, OPEN_BRACE, OPEN_BRACKET, skipBlanks } from "./characters.js";
import { createElementRows, type ElementRows } from "./element-rows.js";
import { excerpt } from "./excerpt.js";
import { jsonTypeName } from "./json-type-name.js";
import { skipValue } from "./skip-value.js";

/** What a value looks like that is a tensor by itself. */
export interface ValueForm {
  readonly shape: readonly number[];
  readonly size: number;
  /** Position after the value. */
  readonly end: number;
}

/**
 * Walks over values, which are valid JSON, as over tensors of one dtype, and tells what keeps one from being a tensor. Slower
 * than reading them, but linear in their length as well.
 */
export class ValueExaminer {
  readonly #bytes: Buffer;
  readonly #dtype: DType;
  readonly #maxRank: number;
  readonly #rows: ElementRows | undefined;

  constructor(bytes: Buffer, dtype: DType, maxRank: number) {
    this.#bytes = bytes;
    this.#dtype = dtype;
    this.#maxRank = maxRank;
    this.#rows = createElementRows(bytes, dtype, true);
  }

  /**
   * Walks over the value at `at` (not white space).
   *
   * @throws PlinthError `TENSOR_INVALID`, or `NOT_IMPLEMENTED` for complex numbers
   */
  examine(at: number): ValueForm {
    const bytes = this.#bytes;
    if (this.#rows === undefined) throw notConvertible(bytes, at, this.#dtype);
    const shape: number[] = [];
    const closed: number[] = [];
    let rank = -1;
    let size = 0;
    for (;;) {
      const level = closed.length;
      if (bytes[at] === OPEN_BRACKET) {
        this.#checkLevel(level, rank);
        if (rank < 0) shape.push(-1);
        closed.push(0);
        at = skipBlanks(bytes, at + 1);
        if (bytes[at] !== CLOSE_BRACKET) continue;
        if (rank < 0) rank = closed.length;
      } else {
        if (rank < 0) rank = level;
        if (level !== rank) throw wrongLevel(bytes, at, level, rank);
        at = this.#element(this.#rows, at);
        size++;
        if (level === 0) return { shape, size, end: at };
        closed[level - 1] = (closed[level - 1] as number) + 1;
      }
      while (bytes[at] === CLOSE_BRACKET) {
        checkLength(shape, closed.length - 1, closed.pop() as number);
        at = skipBlanks(bytes, at + 1);
        const depth = closed.length;
        if (depth === 0) return { shape, size, end: at };
        closed[depth - 1] = (closed[depth - 1] as number) + 1;
      }
      at = skipBlanks(bytes, at + 1);
    }
  }

  #checkLevel(level: number, rank: number): void {
    if (rank >= 0 && level >= rank) {
      throw invalid(`Encountered list at unexpected level: ${level} expected < ${rank}`, RAGGED);
    }
    if (level === this.#maxRank) {
      throw invalid(`Lists are nested deeper than ${this.#maxRank} levels`, "no tensor is that deep");
    }
  }

  /** Position after the element and the white space behind it. */
  #element(rows: ElementRows, at: number): number {
    const bytes = this.#bytes;
    const end = rows.readRow(at, 1);
    if (end >= 0) return end;
    throw this.#dtype === "string" && bytes[at] === OPEN_BRACE
      ? wrongBase64(bytes, at)
      : wrongType(bytes, at, this.#dtype);
  }
}

function checkLength(shape: number[], level: number, length: number): void {
  if (shape[level] === -1) shape[level] = length;
  if (shape[level] === length) return;
  throw invalid(
    `Encountered list at unexpected size: ${length} at level: ${level} expected size: ${shape[level]}`,
    RAGGED,
  );
}

function wrongLevel(bytes: Buffer, at: number, level: number, rank: number): PlinthError {
  const value = excerpt(bytes, at, skipValue(bytes, at));
  return invalid(
    `JSON Value: ${value} found at incorrect level: ${level} in the JSON DOM. Expected at level: ${rank}`,
    RAGGED,
  );
}

function wrongType(bytes: Buffer, at: number, dtype: DType): PlinthError {
  const value = excerpt(bytes, at, skipValue(bytes, at));
  return invalid(
    `JSON Value: ${value} Type: ${jsonTypeName(bytes, at)} is not of expected type: ${TENSORFLOW_TYPES[dtype].name}`,
    `expected ${elements(dtype)}`,
  );
}

function wrongBase64(bytes: Buffer, at: number): PlinthError {
  const value = excerpt(bytes, at, skipValue(bytes, at));
  if (!isBase64Object(bytes, at)) {
    return invalid(
      `JSON Value: ${value} not formatted correctly for base64 data`,
      'expected an object of one key, {"b64": "<base64>"}',
    );
  }
  return invalid(
    `Unable to base64 decode ${value}`,
    "expected the standard alphabet A-Z a-z 0-9 + /, with correct padding or none, and no white space",
  );
}

function notConvertible(bytes: Buffer, at: number, dtype: DType): PlinthError {
  return new PlinthError(
    "NOT_IMPLEMENTED",
    `Conversion of JSON Value: ${excerpt(bytes, at, skipValue(bytes, at))} to type: ${TENSORFLOW_TYPES[dtype].name} is not supported: ` +
      "JSON has no complex numbers",
  );
}

/** What a tensor of `dtype` is made of. */
function elements(dtype: DType): string {
  if (dtype === "string") return 'a string or {"b64": "<base64>"}';
  if (dtype === "bool") return "true or false";
  const [, unsigned, digits] = /^(u?)int(\d+)$/.exec(dtype) ?? [];
  if (digits === undefined) return "a number, NaN, Infinity or -Infinity";
  const bits = BigInt(digits);
  const [smallest, largest] = unsigned ? [0n, 2n ** bits - 1n] : [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n];
  return `a whole number from ${smallest} to ${largest}, without a point or an exponent`;
}

function invalid(problem: string, expectation: string): PlinthError {
  return new PlinthError("TENSOR_INVALID", `${problem}: ${expectation}`);
}

const RAGGED = "all lists of one level must be of one length, and all values at one level";
