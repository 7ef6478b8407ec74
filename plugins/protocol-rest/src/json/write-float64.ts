import { DOT, MINUS, ZERO } from "./characters.js";
import { digitsOffset, layOutDigits } from "./lay-out-digits.js";

/** Most bytes that {@link writeFloat64} writes, as for -1.2345678901234567e-308. */
export const MAX_FLOAT64_BYTES = 24;

/**
 * Writes a double with the fewest digits that read back as the same double, laid out as by {@link layOutDigits} with a precision
 * of 6 for up to 6 digits, else 17. `NaN`, `Infinity` and `-Infinity` are bare tokens, which JSON does not know.
 *
 * @returns the position after what was written
 */
export function writeFloat64(bytes: Uint8Array, at: number, value: number): number {
  if (!Number.isFinite(value)) return writeNonFinite(bytes, at, value);
  if (value < 0 || Object.is(value, -0)) {
    bytes[at++] = MINUS;
    value = -value;
  }
  // Here JavaScript lays out the same digits in the same way, but for integers.
  if (value === 0 || (value >= 1e-4 && value < 1e6)) {
    at = writeText(bytes, at, String(value));
    if (value !== Math.trunc(value)) return at;
    bytes[at++] = DOT;
    bytes[at++] = ZERO;
    return at;
  }
  const [mantissa, exponent] = value.toExponential().split("e") as [string, string];
  const digits = mantissa.replace(".", "");
  writeText(bytes, at + digitsOffset(Number(exponent)), digits);
  return layOutDigits(bytes, at, digits.length, Number(exponent), digits.length <= 6 ? 6 : 17);
}

/** Writes `NaN`, `Infinity` or `-Infinity`. */
export function writeNonFinite(bytes: Uint8Array, at: number, value: number): number {
  return writeText(bytes, at, String(value));
}

function writeText(bytes: Uint8Array, at: number, text: string): number {
  for (let index = 0; index < text.length; index++) bytes[at++] = text.charCodeAt(index);
  return at;
}
