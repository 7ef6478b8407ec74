import { DOT, LOWER_E, MINUS, PLUS, ZERO } from "./characters.js";

/**
 * Where the digits of a number are to be put for {@link layOutDigits}: so many bytes behind the place where the number begins.
 *
 * @param exponent of the first digit, in scientific notation
 */
export function digitsOffset(exponent: number): number {
  return exponent < 0 && exponent >= SMALLEST_FIXED ? 1 - exponent : 1;
}

/**
 * Makes a number of `count` ASCII digits that stand at `at` + {@link digitsOffset}, as C's `%g` with `precision` digits would lay
 * it out: scientific where the exponent is below -4 or not below `precision`, with a sign and at least two digits of exponent;
 * what would read as an integer gets `.0`.
 *
 * @param count without zeros at the end
 * @param exponent of the first digit, in scientific notation
 * @returns the position after the number
 */
export function layOutDigits(
  bytes: Uint8Array,
  at: number,
  count: number,
  exponent: number,
  precision: number,
): number {
  if (exponent < SMALLEST_FIXED || exponent >= precision) {
    bytes[at] = bytes[at + 1] as number;
    if (count > 1) bytes[at + 1] = DOT;
    return writeExponent(bytes, count > 1 ? at + count + 1 : at + 1, exponent);
  }
  if (exponent < 0) {
    bytes[at++] = ZERO;
    bytes[at++] = DOT;
    for (let zeros = -1 - exponent; zeros > 0; zeros--) bytes[at++] = ZERO;
    return at + count;
  }
  for (let index = 0; index <= exponent; index++) {
    bytes[at + index] = index < count ? (bytes[at + index + 1] as number) : ZERO;
  }
  bytes[at + exponent + 1] = DOT;
  if (count > exponent + 1) return at + count + 1;
  bytes[at + exponent + 2] = ZERO;
  return at + exponent + 3;
}

function writeExponent(bytes: Uint8Array, at: number, exponent: number): number {
  bytes[at++] = LOWER_E;
  bytes[at++] = exponent < 0 ? MINUS : PLUS;
  const magnitude = Math.abs(exponent);
  if (magnitude >= 100) bytes[at++] = ZERO + Math.trunc(magnitude / 100);
  bytes[at++] = ZERO + (Math.trunc(magnitude / 10) % 10);
  bytes[at++] = ZERO + (magnitude % 10);
  return at;
}

/** Smallest exponent that is not written in scientific notation. */
const SMALLEST_FIXED = -4;
