import { DOT, LOWER_E, MINUS, PLUS, ZERO } from "./characters.js";

/**
 * Writes the number 0.d1d2d3... * 10^(exponent + 1) as C's `%g` with `precision` digits would: scientific where the exponent is
 * below -4 or not below `precision`, with a sign and at least two digits of exponent. What would read as an integer gets `.0`.
 *
 * @param digits ASCII digits without zeros at either end (but for zero itself), of which `count` count
 * @param exponent of the first digit in scientific notation
 * @returns the position after what was written; at most `count` + 8 bytes, or the exponent + 3 where that is more
 */
export function writeDigits(
  bytes: Uint8Array,
  at: number,
  digits: Uint8Array,
  count: number,
  exponent: number,
  precision: number,
): number {
  if (exponent < -4 || exponent >= precision) {
    bytes[at++] = digits[0] as number;
    if (count > 1) {
      bytes[at++] = DOT;
      for (let index = 1; index < count; index++) bytes[at++] = digits[index] as number;
    }
    return writeExponent(bytes, at, exponent);
  }
  if (exponent < 0) {
    bytes[at++] = ZERO;
    bytes[at++] = DOT;
    for (let zeros = -1 - exponent; zeros > 0; zeros--) bytes[at++] = ZERO;
    for (let index = 0; index < count; index++) bytes[at++] = digits[index] as number;
    return at;
  }
  for (let index = 0; index <= exponent; index++) bytes[at++] = index < count ? (digits[index] as number) : ZERO;
  bytes[at++] = DOT;
  if (count <= exponent + 1) bytes[at++] = ZERO;
  for (let index = exponent + 1; index < count; index++) bytes[at++] = digits[index] as number;
  return at;
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
