import type { DType, DTypeData } from "@plinth/core";
import { hasWord } from "./characters.js";
import { nearEnoughForSingle, nearestDouble, POWERS_OF_TEN } from "./decimal.js";
import type { ElementRows } from "./element-rows.js";
import { GrowingData } from "./growing-data.js";
import { toBfloat16Bits, toFloat16Bits } from "./half-precision.js";

/** Element types whose every value a double holds. */
export type NumberDType = Exclude<DType, "bool" | "int64" | "uint64" | "complex64" | "complex128" | "string">;

/**
 * Numbers, to the same values as `JSON.parse` gives (for float32: those rounded by `Math.fround`), and for floats also the
 * tokens `NaN`, `Infinity` and `-Infinity`. For integers only digits make a number: `1.0` and `1e3` do not.
 */
export class NumberRows implements ElementRows<NumberDType> {
  taken = 0;
  readonly #bytes: Buffer;
  readonly #dtype: NumberDType;
  readonly #range: readonly [smallest: number, largest: number] | undefined;
  readonly #elements: GrowingData<NumberDType>;
  /** Where elements wait until there are enough to be converted in one go. */
  readonly #scratch: Float64Array;
  #pending = 0;
  /** Where in the document the first element stands. */
  #from = -1;

  constructor(bytes: Buffer, dtype: NumberDType, interleaved: boolean) {
    this.#bytes = bytes;
    this.#dtype = dtype;
    this.#range = INTEGER_RANGES[dtype];
    this.#elements = new GrowingData<NumberDType>(dtype);
    this.#scratch = interleaved ? new Float64Array(INTERLEAVED_SCRATCH) : sharedScratch;
  }

  /**
   * One loop for all element types, over doubles: this is where the time of a request goes, and the engine keeps its locals
   * in registers as long as no call gets between.
   */
  readRow(at: number, most: number): number {
    const bytes = this.#bytes;
    const integers = this.#range !== undefined;
    const [smallest, largest] = this.#range ?? NO_RANGE;
    const nearest = this.#dtype === "float64" ? nearestDouble : nearEnoughForSingle;
    const scratch = this.#scratch;
    let pending = this.#pending;
    let left = most;
    if (this.#from < 0) this.#from = at;
    for (;;) {
      let byte = bytes[at] as number;
      const negative = byte === MINUS;
      if (negative) byte = bytes[++at] as number;
      const from = at;
      let value: number;
      let digit = byte - ZERO;
      if (digit >= 0 && digit <= 9) {
        let high = digit;
        byte = bytes[++at] as number;
        if (high !== 0) {
          for (digit = byte - ZERO; digit >= 0 && digit <= 9; digit = byte - ZERO) {
            high = (Math.imul(high, 10) + digit) | 0;
            byte = bytes[++at] as number;
          }
        }
        let digits = at - from;
        let low = 0;
        let lowDigits = 0;
        let scale = 0;
        if (byte === DOT) {
          const first = ++at;
          const limit = from + MAX_PART_DIGITS + 1;
          byte = bytes[at] as number;
          for (digit = byte - ZERO; digit >= 0 && digit <= 9 && at < limit; digit = byte - ZERO) {
            high = (Math.imul(high, 10) + digit) | 0;
            byte = bytes[++at] as number;
          }
          if (at >= limit) {
            const firstLow = at;
            let part = 0;
            for (; digit >= 0 && digit <= 9 && at < firstLow + MAX_PART_DIGITS; digit = byte - ZERO) {
              part = (Math.imul(part, 10) + digit) | 0;
              byte = bytes[++at] as number;
            }
            low = part;
            for (; digit >= 0 && digit <= 9; digit = byte - ZERO) {
              low = low * 10 + digit;
              byte = bytes[++at] as number;
            }
            lowDigits = at - firstLow;
          }
          scale = at - first;
          if (scale === 0 || integers) return -1;
          digits += scale;
        }
        if ((byte | LOWER_CASE) === LOWER_E) {
          byte = bytes[++at] as number;
          const shrinks = byte === MINUS;
          if (shrinks || byte === PLUS) byte = bytes[++at] as number;
          const first = at;
          let exponent = 0;
          for (digit = byte - ZERO; digit >= 0 && digit <= 9; digit = byte - ZERO) {
            exponent = exponent * 10 + digit;
            byte = bytes[++at] as number;
          }
          if (at === first || integers) return -1;
          scale += shrinks ? exponent : -exponent;
        }
        if (digits <= MAX_PART_DIGITS && scale <= MAX_SCALE && scale >= -MAX_SCALE) {
          // Both exact, so that one operation rounds once (Clinger 1990, "How to read floating point numbers accurately").
          if (scale > 0) value = high / (powersOfTen[scale] as number);
          else if (scale < 0) value = high * (powersOfTen[-scale] as number);
          else value = high;
        } else {
          value = digits - lowDigits === MAX_PART_DIGITS ? nearest(high, low, lowDigits, scale) : Number.NaN;
          if (Number.isNaN(value)) value = Number(bytes.toString("latin1", from, at));
        }
      } else {
        if (integers) return -1;
        value = nonFinite(bytes, at);
        if (value === 0 || (negative && Number.isNaN(value))) return -1;
        at += value === Number.POSITIVE_INFINITY ? INFINITY.length : NAN.length;
        byte = bytes[at] as number;
      }
      if (negative) value = -value;
      if (integers && (value < smallest || value > largest)) return -1;
      if (pending === scratch.length) {
        this.#pending = pending;
        this.#flush(this.#expected(at));
        pending = 0;
      }
      scratch[pending++] = value;
      while (byte <= SPACE && isBlank(byte)) byte = bytes[++at] as number;
      if (--left === 0 || byte !== COMMA) break;
      byte = bytes[++at] as number;
      while (byte <= SPACE && isBlank(byte)) byte = bytes[++at] as number;
    }
    this.#pending = pending;
    this.taken = most - left;
    return at;
  }

  finish(): DTypeData[NumberDType] {
    this.#flush(0);
    return this.#elements.finish();
  }

  /** How many elements there will be if the rest of the document is a little denser in them than what was read up to `at`. */
  #expected(at: number): number {
    const { length } = this.#bytes;
    const density = (this.#elements.count + this.#pending) / (at - this.#from);
    return Math.min(Math.ceil(density * (length - this.#from) * 1.05), length);
  }

  /** Moves the pending elements to where they belong; should there be no room left, there will be room for `expected` in all. */
  #flush(expected: number): void {
    const elements = this.#elements;
    const pending = this.#scratch.subarray(0, this.#pending);
    elements.reserve(pending.length, expected);
    store(pending, this.#dtype, elements.data, elements.count);
    elements.count += pending.length;
    this.#pending = 0;
  }
}

/** NaN, Infinity, or 0 where neither stands at `at`. */
function nonFinite(bytes: Uint8Array, at: number): number {
  if (hasWord(bytes, at, NAN)) return Number.NaN;
  return hasWord(bytes, at, INFINITY) ? Number.POSITIVE_INFINITY : 0;
}

function store(values: Float64Array, dtype: NumberDType, into: DTypeData[NumberDType], at: number): void {
  if (dtype !== "float16" && dtype !== "bfloat16") {
    into.set(values, at);
    return;
  }
  const toBits = dtype === "float16" ? toFloat16Bits : toBfloat16Bits;
  for (let index = 0; index < values.length; index++) into[at + index] = toBits(values[index] as number);
}

const NO_RANGE = [0, 0] as const;
const INTEGER_RANGES: { readonly [D in NumberDType]?: readonly [smallest: number, largest: number] } = {
  int8: [-(2 ** 7), 2 ** 7 - 1],
  int16: [-(2 ** 15), 2 ** 15 - 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint8: [0, 2 ** 8 - 1],
  uint16: [0, 2 ** 16 - 1],
  uint32: [0, 2 ** 32 - 1],
};

const NAN = "NaN";
const INFINITY = "Infinity";
/** 32 KiB fit a processor's first cache. Free whenever no value is being read. */
const sharedScratch = new Float64Array(4096);
const INTERLEAVED_SCRATCH = 256;

// The engine folds the constants of a module into its loops, but not imported ones: worth a fifth of the time.
const powersOfTen = POWERS_OF_TEN;
/** As many digits always fit an int32. */
const MAX_PART_DIGITS = 9;
const MAX_SCALE = 22;
const SPACE = 0x20;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const LOWER_CASE = 0x20;
const LOWER_E = 0x65;

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
