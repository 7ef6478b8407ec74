import { COMMA, DOT, LOWER_CASE, LOWER_E, MINUS, skipBlanks, ZERO } from "./characters.js";
import type { ElementRows } from "./element-rows.js";
import { GrowingData } from "./growing-data.js";

/** Whole numbers of 64 bits, exact to the last digit. Only digits make one: `1.0` and `1e3` do not. */
export class WideIntegerRows implements ElementRows<"int64" | "uint64"> {
  taken = 0;
  readonly #bytes: Buffer;
  readonly #elements: GrowingData<"int64" | "uint64">;
  /** The same memory as 32-bit words, the lower one first: numbers that a double holds need no bigint. */
  #words: Int32Array = new Int32Array(0);
  readonly #smallest: bigint;
  readonly #largest: bigint;

  constructor(bytes: Buffer, dtype: "int64" | "uint64") {
    this.#bytes = bytes;
    this.#elements = new GrowingData<"int64" | "uint64">(dtype);
    this.#smallest = dtype === "int64" ? -(1n << 63n) : 0n;
    this.#largest = dtype === "int64" ? (1n << 63n) - 1n : (1n << 64n) - 1n;
  }

  readRow(at: number, most: number): number {
    const bytes = this.#bytes;
    for (this.taken = 1; ; this.taken++) {
      const from = at;
      if (bytes[at] === MINUS) at++;
      const digits = at;
      let magnitude = 0;
      for (; ; at++) {
        const digit = (bytes[at] as number) - ZERO;
        if (digit < 0 || digit > 9) break;
        magnitude = magnitude * 10 + digit;
      }
      const length = at - digits;
      if (length === 0 || (length > 1 && bytes[digits] === ZERO)) return -1;
      if (bytes[at] === DOT || ((bytes[at] as number) | LOWER_CASE) === LOWER_E) return -1;
      if (length > MAX_DIGITS || !this.#add(from, digits, at, magnitude)) return -1;
      at = skipBlanks(bytes, at);
      if (this.taken === most || bytes[at] !== COMMA) return at;
      at = skipBlanks(bytes, at + 1);
    }
  }

  /** Adds the number in [from, to), whose digits begin at `digits`; whether it is in range. */
  #add(from: number, digits: number, to: number, magnitude: number): boolean {
    const elements = this.#elements;
    const negative = from < digits;
    const grown = elements.reserve(1, Math.max(elements.count * 2, MIN_CAPACITY));
    if (grown) this.#words = new Int32Array(elements.data.buffer);
    const index = elements.count++;
    if (to - digits <= EXACT_DIGITS) {
      if (negative && magnitude !== 0 && this.#smallest === 0n) return false;
      const value = negative ? -magnitude : magnitude;
      this.#words[index * 2] = value;
      this.#words[index * 2 + 1] = Math.floor(value / 2 ** 32);
      return true;
    }
    const value = BigInt(this.#bytes.toString("latin1", from, to));
    elements.data[index] = value;
    return value >= this.#smallest && value <= this.#largest;
  }

  finish(): BigInt64Array | BigUint64Array {
    return this.#elements.finish();
  }
}

/** Numbers of so many digits are exact in a double. */
const EXACT_DIGITS = 15;
const MIN_CAPACITY = 16;
/** Of 2^64 - 1. */
const MAX_DIGITS = 20;
