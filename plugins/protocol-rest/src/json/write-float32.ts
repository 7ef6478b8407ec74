import { DOT, MINUS, ZERO } from "./characters.js";
import { digitsOffset, layOutDigits } from "./lay-out-digits.js";
import { writeNonFinite } from "./write-float64.js";
import { writeInteger } from "./write-integer.js";

/** Most bytes that {@link writeFloat32} writes, as for -1.23456789e-38. */
export const MAX_FLOAT32_BYTES = 15;

/**
 * Writes a float32 with the fewest digits of which `Math.fround(Number(text))` makes the same float32, and the nearest of those;
 * laid out as by {@link layOutDigits} with a precision of 6 for up to 6 digits, else 9. `NaN`, `Infinity` and `-Infinity` are
 * bare tokens, which JSON does not know.
 *
 * @returns the position after what was written
 */
export function writeFloat32(bytes: Uint8Array, at: number, value: number): number {
  if (!Number.isFinite(value)) return writeNonFinite(bytes, at, value);
  if (value < 0 || Object.is(value, -0)) {
    bytes[at++] = MINUS;
    value = -value;
  }
  if (value < 1e6 && value === Math.trunc(value)) {
    at = writeInteger(bytes, at, value);
    bytes[at++] = DOT;
    bytes[at++] = ZERO;
    return at;
  }
  single[0] = value;
  const binaryExponent = (singleBits[0] as number) >>> 23;
  if (binaryExponent === 0) return writeBySearch(bytes, at, value);
  let exponent = DECIMAL_EXPONENTS[binaryExponent] as number;
  if (value >= power(exponent + 1)) exponent++;

  // The value as a number of 9 digits before the point, and how far others may be from it that read back as the same float32.
  const scale = MAX_DIGITS - 1 - exponent;
  const scaled = scale >= 0 ? value * power(scale) : value / power(-scale);
  const gapAbove = (halfGaps[binaryExponent] as number) * power(scale);
  const isPowerOfTwo = (singleBits[0] as number) << 9 === 0;
  const gapBelow = isPowerOfTwo ? gapAbove / 2 : gapAbove;
  const doubtful = scale < 0 || scale > MAX_EXACT_SCALE;
  let count = MIN_DIGITS;
  for (let unit = 1000; ; unit /= 10, count++) {
    const below = Math.floor(scaled / unit);
    const rest = scaled - below * unit;
    const mantissa = rest < unit / 2 ? below : below + 1;
    if (doubtful && Math.abs(rest - unit / 2) < DOUBT) break;
    const distance = Math.abs(scaled - mantissa * unit);
    if (distance < gapBelow - DOUBT) return writeMantissa(bytes, at, mantissa, count, exponent);
    if (distance < gapAbove + DOUBT) break;
  }
  return writeBySearch(bytes, at, value);
}

/** As the definition has it, digit by digit: for subnormals, whose precision differs, and in doubt. */
function writeBySearch(bytes: Uint8Array, at: number, value: number): number {
  let count = 1;
  while (count < MAX_DIGITS && Math.fround(Number(value.toPrecision(count))) !== value) count++;
  const [mantissa, exponent] = value.toExponential(count - 1).split("e") as [string, string];
  return writeMantissa(bytes, at, Number(mantissa.replace(".", "")), count, Number(exponent));
}

/** Writes `mantissa` of `count` digits (or 10^`count`, after a carry), the first of which stands for 10^`exponent`. */
function writeMantissa(bytes: Uint8Array, at: number, mantissa: number, count: number, exponent: number): number {
  if (mantissa === power(count)) {
    mantissa = 1;
    count = 1;
    exponent++;
  }
  let rest = mantissa | 0;
  if (count <= MIN_DIGITS) {
    while (count > 1 && rest % 10 === 0) {
      rest = (rest / 10) | 0;
      count--;
    }
  }
  const precision = count <= MIN_DIGITS ? MIN_DIGITS : MAX_DIGITS;
  const first = at + digitsOffset(exponent);
  for (let index = first + count - 1; index >= first; index--) {
    const quotient = (rest / 10) | 0;
    bytes[index] = ZERO + rest - Math.imul(quotient, 10);
    rest = quotient;
  }
  return layOutDigits(bytes, at, count, exponent, precision);
}

function power(exponent: number): number {
  return ALL_POWERS[exponent + POWER_OFFSET] as number;
}

/** C's FLT_DIG: any decimal of so many digits survives the way to float32 and back, so that fewer need not be tried. */
const MIN_DIGITS = 6;
/** C's FLT_DECIMAL_DIG: so many always tell a float32 from its neighbours. */
const MAX_DIGITS = 9;
/** Far above the error of this arithmetic on numbers of 9 digits, which is below 2^-21. */
const DOUBT = 2 ** -13;
/** Up to 10^12, whose odd factor has 28 bits, times the 24 bits of a float32 is exact in a double. */
const MAX_EXACT_SCALE = 12;
const POWER_OFFSET = 60;
const ALL_POWERS = Float64Array.from({ length: 2 * POWER_OFFSET + 1 }, (_, index) =>
  Number(`1e${index - POWER_OFFSET}`),
);
/** Decimal exponents of the powers of two, by the biased exponent of a float32. */
const DECIMAL_EXPONENTS = Int8Array.from({ length: 256 }, (_, biased) =>
  Math.floor((biased - 127) * Math.LOG10E * Math.LN2),
);
/** Half of the distance between float32s, by their biased exponent. */
const halfGaps = Float64Array.from({ length: 256 }, (_, biased) => 2 ** (biased - 151));
const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);
