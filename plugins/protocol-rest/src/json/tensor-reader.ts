import { createTensor, type DType, type Tensor } from "@plinth/core";
import { createElementRows, type ElementRows } from "./element-rows.js";

/** Deepest nesting of lists that is read as a tensor: TensorFlow's `TensorShape::MaxDimensions`. */
export const MAX_RANK = 254;

/** More elements than any document has. */
const MAX_LENGTH = 2 ** 31 - 1;

/**
 * Reads one tensor from nested lists in one pass, without recursion. The shape is that of the first element at each level; all
 * else must agree with it.
 *
 * What it cannot read is told by a -1, without a reason: finding the reason is left to code that need not be fast.
 */
export class TensorReader {
  /** Values read so far. */
  count = 0;
  readonly #bytes: Buffer;
  readonly #dtype: DType;
  readonly #values: "single" | "stacked";
  readonly #rows: ElementRows | undefined;
  /** Dimensions of one value, -1 where not known yet; `undefined` before the first value. */
  #shape: number[] | undefined;

  /**
   * @param bytes a document that ends in a brace, as {@link ElementRows} wants it
   * @param values `single`: one value is the tensor, and it is finished before another reader begins. `stacked`: any number of
   *   values, along a new first axis
   */
  constructor(bytes: Buffer, dtype: DType, values: "single" | "stacked") {
    this.#bytes = bytes;
    this.#dtype = dtype;
    this.#values = values;
    this.#rows = createElementRows(bytes, dtype, values === "stacked");
  }

  /**
   * Reads the value that begins at `at` (not white space): a scalar or nested lists, of the same shape as the values before.
   * Gives the position after it, or -1 where that fails; the reader is of no more use then.
   *
   * @throws PlinthError `REQUEST_INVALID` for some bad syntax; other bad syntax is a -1 like all else
   */
  read(at: number): number {
    if (this.#rows === undefined) return -1;
    this.#shape ??= this.#probe(at);
    this.count++;
    return this.#shape.length === 0 ? this.#rows.readRow(at, 1) : this.#lists(this.#rows, this.#shape, at);
  }

  /** The tensor. Call it once, after at least one value has been read, and none has failed. */
  finish(): Tensor {
    if (this.#rows === undefined || this.#shape === undefined) throw new Error("No value has been read");
    const data = this.#rows.finish();
    return createTensor(this.#dtype, this.#values === "stacked" ? [this.count, ...this.#shape] : this.#shape, data);
  }

  /** As many unknown dimensions as lists are opened at `at`. */
  #probe(at: number): number[] {
    const shape: number[] = [];
    while (this.#bytes[at] === OPEN_BRACKET && shape.length <= MAX_RANK) {
      shape.push(-1);
      at = skipBlanks(this.#bytes, at + 1);
    }
    return shape;
  }

  #lists(rows: ElementRows, shape: number[], at: number): number {
    const bytes = this.#bytes;
    const rank = shape.length;
    if (rank > (this.#values === "stacked" ? MAX_RANK - 1 : MAX_RANK)) return -1;
    const innermost = rank - 1;
    /** How many elements of each list have been closed; `depth` lists are open. */
    const closed = new Array<number>(rank).fill(0);
    let depth = 0;
    for (;;) {
      for (; depth < rank; depth++) {
        at = skipBlanks(bytes, at);
        if (bytes[at] !== OPEN_BRACKET) return -1;
        at++;
      }
      at = skipBlanks(bytes, at);
      const length = shape[innermost] as number;
      if (bytes[at] === CLOSE_BRACKET) {
        closed[innermost] = 0;
      } else {
        if (length === 0) return -1;
        at = rows.readRow(at, length < 0 ? MAX_LENGTH : length);
        if (at < 0 || bytes[at] !== CLOSE_BRACKET) return -1;
        closed[innermost] = rows.taken;
      }
      for (;;) {
        depth--;
        if (shape[depth] !== closed[depth]) {
          if (shape[depth] !== -1) return -1;
          shape[depth] = closed[depth] as number;
        }
        closed[depth] = 0;
        at++;
        if (depth === 0) return at;
        closed[depth - 1] = (closed[depth - 1] as number) + 1;
        at = skipBlanks(bytes, at);
        if (bytes[at] !== CLOSE_BRACKET) break;
      }
      if (bytes[at] !== COMMA) return -1;
      at++;
    }
  }
}

// Not imported, as in number-rows.ts, so that they are folded into the loop.
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

function skipBlanks(bytes: Uint8Array, at: number): number {
  for (let byte = bytes[at]; byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09; ) byte = bytes[++at];
  return at;
}
