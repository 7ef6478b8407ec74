import type { ConstantTensor } from "../constant-tensor.js";
import type { ElementType } from "../element-type.js";
import { SavedModelError } from "../saved-model-error.js";
import type { TextFileLayout } from "./source.js";

const MAX_LINES = 10_000_000;

/** Line itself, and its number: what is no column. */
const WHOLE_LINE = -2;
const LINE_NUMBER = -1;

const NEWLINE = 0x0a;
const RETURN = 0x0d;

/**
 * The entries of a table that is read from a text file.
 *
 * @param file what errors call it
 * @throws SavedModelError `ASSET_INVALID` where the file has too few lines or columns, or no numbers where numbers are needed
 */
export function readTextFileTable(
  bytes: Uint8Array,
  layout: TextFileLayout,
  types: { readonly key: ElementType; readonly value: ElementType },
  file: string,
): { readonly keys: ConstantTensor; readonly values: ConstantTensor } {
  const lines = linesOf(bytes, layout, file);
  return { keys: column(lines, layout.keyIndex, types.key), values: column(lines, layout.valueIndex, types.value) };

  function column(all: readonly Uint8Array[], index: number, type: ElementType): ConstantTensor {
    const shape = [all.length];
    if (index === LINE_NUMBER) return numbers(type, shape, (line) => line, file);
    const cells =
      index === WHOLE_LINE ? all : all.map((line, number) => cell(line, index, layout.delimiter, file, number));
    if (type === "string") return { dtype: "string", shape, strings: cells };
    return numbers(type, shape, (line) => numberIn(cells[line] as Uint8Array, file, line), file);
  }
}

function linesOf(bytes: Uint8Array, { size, offset }: TextFileLayout, file: string): readonly Uint8Array[] {
  const lines: Uint8Array[] = [];
  let skip = offset;
  for (let start = 0; start < bytes.length && (size < 0 || lines.length < size); ) {
    const found = bytes.indexOf(NEWLINE, start);
    const end = found === -1 ? bytes.length : found;
    if (skip > 0) skip--;
    else lines.push(bytes.subarray(start, end > start && bytes[end - 1] === RETURN ? end - 1 : end));
    if (lines.length > MAX_LINES) {
      throw new SavedModelError("TOO_LARGE", `Expected at most ${MAX_LINES} lines in ${file}`);
    }
    start = end + 1;
  }
  if (lines.length < size) throw invalid(`Expected ${size} lines in ${file}, got ${lines.length}`);
  return lines;
}

function cell(line: Uint8Array, index: number, delimiter: string, file: string, number: number): Uint8Array {
  const cells = Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString("latin1").split(delimiter);
  const text = cells[index];
  if (text === undefined) {
    throw invalid(`Expected a column ${index} in line ${number + 1} of ${file}, got ${cells.length} columns`);
  }
  return Buffer.from(text, "latin1");
}

function numberIn(text: Uint8Array, file: string, line: number): number | bigint {
  const word = Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString("latin1").trim();
  if (/^[-+]?\d+$/.test(word)) return BigInt(word);
  const value = word === "" ? Number.NaN : Number(word);
  if (Number.isNaN(value)) {
    throw invalid(`Expected a number in line ${line + 1} of ${file}, got ${JSON.stringify(word.slice(0, 80))}`);
  }
  return value;
}

function numbers(
  type: ElementType,
  shape: readonly number[],
  at: (line: number) => number | bigint,
  file: string,
): ConstantTensor {
  const count = shape[0] as number;
  const integer = (line: number): bigint => {
    const value = at(line);
    if (typeof value === "number" && !Number.isInteger(value)) {
      throw invalid(`Expected an integer in line ${line + 1} of ${file}, got ${value}`);
    }
    return BigInt(value);
  };
  const filled = arrayOf(type, count, (line) => Number(at(line)), integer);
  if (filled === undefined) throw invalid(`Expected a table of strings or numbers for ${file}, got ${type}`);
  return { dtype: type as "int64", shape, bytes: new Uint8Array(filled.buffer) };
}

function arrayOf(
  type: ElementType,
  count: number,
  number: (line: number) => number,
  integer: (line: number) => bigint,
) {
  const lines = { length: count };
  if (type === "int64") return BigInt64Array.from(lines, (_, line) => integer(line));
  if (type === "int32") return Int32Array.from(lines, (_, line) => Number(integer(line)));
  if (type === "float32") return Float32Array.from(lines, (_, line) => number(line));
  if (type === "float64") return Float64Array.from(lines, (_, line) => number(line));
  return undefined;
}

function invalid(message: string): SavedModelError {
  return new SavedModelError("ASSET_INVALID", message);
}
