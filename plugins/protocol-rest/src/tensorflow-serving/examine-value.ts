import { type DType, PlinthError } from "@plinth/core";
import { readBase64Object } from "../json/base64.js";
import { CLOSE_BRACKET, OPEN_BRACE, OPEN_BRACKET, skipBlanks } from "../json/characters.js";
import { createElementRows } from "../json/element-rows.js";
import { skipValue } from "../json/skip-value.js";
import { excerpt } from "./excerpt.js";
import { TYPE_NAMES } from "./type-names.js";

/** What a value looks like that is a tensor by itself. */
export interface ValueForm {
  readonly shape: readonly number[];
  readonly size: number;
  /** Position after the value. */
  readonly end: number;
}

/**
 * Walks over the value at `at`, which is valid JSON, as over a tensor of `dtype`, and tells what keeps it from being one. Not
 * for requests that are right: it is made for clear words, not for speed.
 *
 * @throws PlinthError `TENSOR_INVALID`, or `NOT_IMPLEMENTED` for complex numbers
 */
export function examineValue(bytes: Buffer, at: number, dtype: DType, maxRank: number): ValueForm {
  if (createElementRows(bytes, dtype, false) === undefined) throw notConvertible(bytes, at, dtype);
  const shape: number[] = [];
  const closed: number[] = [];
  let rank = -1;
  let size = 0;
  for (;;) {
    at = skipBlanks(bytes, at);
    const level = closed.length;
    if (bytes[at] === OPEN_BRACKET) {
      if (rank >= 0 && level >= rank) {
        throw invalid(`Encountered list at unexpected level: ${level} expected < ${rank}`, RAGGED);
      }
      if (level === maxRank) throw invalid(`Lists are nested deeper than ${maxRank} levels`, "no tensor is that deep");
      if (rank < 0) shape.push(-1);
      closed.push(0);
      at = skipBlanks(bytes, at + 1);
      if (bytes[at] !== CLOSE_BRACKET) continue;
      if (rank < 0) rank = closed.length;
    } else {
      if (rank < 0) rank = level;
      const end = skipValue(bytes, at);
      if (level !== rank) {
        throw invalid(
          `JSON Value: ${excerpt(bytes, at, end)} found at incorrect level: ${level} in the JSON DOM. Expected at level: ${rank}`,
          RAGGED,
        );
      }
      checkElement(bytes, at, end, dtype);
      size++;
      at = end;
      if (level === 0) return { shape, size, end: at };
      closed[level - 1] = (closed[level - 1] as number) + 1;
      at = skipBlanks(bytes, at);
    }
    while (bytes[at] === CLOSE_BRACKET) {
      const depth = closed.length - 1;
      const length = closed.pop() as number;
      if (shape[depth] === -1) shape[depth] = length;
      if (shape[depth] !== length) {
        throw invalid(
          `Encountered list at unexpected size: ${length} at level: ${depth} expected size: ${shape[depth]}`,
          RAGGED,
        );
      }
      at++;
      if (depth === 0) return { shape, size, end: at };
      closed[depth - 1] = (closed[depth - 1] as number) + 1;
      at = skipBlanks(bytes, at);
    }
    at++;
  }
}

function checkElement(bytes: Buffer, at: number, end: number, dtype: DType): void {
  if (dtype === "string" && bytes[at] === OPEN_BRACE) {
    checkBase64(bytes, at, end);
    return;
  }
  const rows = createElementRows(bytes, dtype, false);
  if (rows !== undefined && rows.readRow(at, 1) >= 0 && rows.finish() !== undefined) return;
  throw invalid(
    `JSON Value: ${excerpt(bytes, at, end)} Type: ${typeName(bytes, at)} is not of expected type: ${TYPE_NAMES[dtype]}`,
    `expected ${elements(dtype)}`,
  );
}

function checkBase64(bytes: Buffer, at: number, end: number): void {
  const value = readBase64Object(bytes, at);
  if (value === undefined) {
    throw invalid(
      `JSON Value: ${excerpt(bytes, at, end)} not formatted correctly for base64 data`,
      'expected an object of one key, {"b64": "<base64>"}',
    );
  }
  if (value.data === undefined) {
    throw invalid(
      `Unable to base64 decode ${excerpt(bytes, at, end)}`,
      "expected the standard alphabet A-Z a-z 0-9 + /, with correct padding or none, and no white space",
    );
  }
}

function notConvertible(bytes: Buffer, at: number, dtype: DType): PlinthError {
  return new PlinthError(
    "NOT_IMPLEMENTED",
    `Conversion of JSON Value: ${excerpt(bytes, at, skipValue(bytes, at))} to type: ${TYPE_NAMES[dtype]} is not supported: ` +
      "JSON has no complex numbers",
  );
}

/** JSON types by the first byte of a value; all else is a number. */
function typeName(bytes: Buffer, at: number): string {
  return TYPES_BY_FIRST_CHARACTER[String.fromCharCode(bytes[at] as number)] ?? "Number";
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
const TYPES_BY_FIRST_CHARACTER: Readonly<Record<string, string>> = {
  n: "Null",
  f: "False",
  t: "True",
  "{": "Object",
  "[": "Array",
  '"': "String",
};
