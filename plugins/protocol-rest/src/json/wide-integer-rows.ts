import { COMMA, MINUS, skipBlanks, ZERO } from "./characters.js";
import type { ElementRows } from "./element-rows.js";
import { GrowingData } from "./growing-data.js";

/** Whole numbers of 64 bits, exact to the last digit. Only digits make one: `1.0` and `1e3` do not. */
export class WideIntegerRows implements ElementRows<"int64" | "uint64"> {
  taken = 0;
  readonly #bytes: Buffer;
  readonly #elements: GrowingData<"int64" | "uint64">;
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
    const elements = this.#elements;
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
      const value = length <= EXACT_DIGITS ? BigInt(magnitude) : BigInt(bytes.toString("latin1", digits, at));
      const signed = from === digits ? value : -value;
      if (length > MAX_DIGITS || signed < this.#smallest || signed > this.#largest) return -1;
      elements.reserve(1, elements.count * 2);
      elements.data[elements.count++] = signed;
      at = skipBlanks(bytes, at);
      if (this.taken === most || bytes[at] !== COMMA) return at;
      at = skipBlanks(bytes, at + 1);
    }
  }

  endValue(): void {}

  finish(): BigInt64Array | BigUint64Array {
    return this.#elements.finish();
  }
}

/** Numbers of so many digits are exact in a double. */
const EXACT_DIGITS = 15;
/** Of 2^64 - 1. */
const MAX_DIGITS = 20;
