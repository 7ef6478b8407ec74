/** Powers of ten that a double holds exactly: 10^0 to 10^22. */
export const POWERS_OF_TEN: Float64Array = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/**
 * The double nearest to the decimal (`high` * 10^`lowDigits` + `low`) / 10^`scale`, or NaN where this arithmetic cannot tell it
 * from its neighbour: exact ties, about one in 10^12 of the others, and decimals of more than 18 significant digits.
 *
 * @param high 0 to 999999999
 * @param low 0 to 10^lowDigits - 1; anything where `lowDigits` is above 15
 *
 * `high` * 10^`lowDigits` below 10^18 is exact in a double (all but its factors of two fit 53 bits), so the numerator is the
 * exact sum of two doubles (Fast2Sum), and so is what a division leaves over (Dekker 1971, "A floating-point technique for
 * extending the available precision"). The quotient's correction has a relative error below 2^-50; where moving it by 2^-40
 * either way makes no difference, the rounded sum is right.
 */
export function nearestDouble(high: number, low: number, lowDigits: number, scale: number): number {
  if (lowDigits > MAX_LOW_DIGITS || scale < 0 || scale >= POWERS_OF_TEN.length) return Number.NaN;
  const divisor = POWERS_OF_TEN[scale] as number;
  const scaledHigh = high * (POWERS_OF_TEN[lowDigits] as number);
  if (scaledHigh >= 1e18) return Number.NaN;
  const sum = scaledHigh + low;
  const sumError = low - (sum - scaledHigh);
  const quotient = sum / divisor;

  const quotientSplit = quotient * VELTKAMP;
  const quotientHigh = quotientSplit - (quotientSplit - quotient);
  const quotientLow = quotient - quotientHigh;
  const divisorSplit = divisor * VELTKAMP;
  const divisorHigh = divisorSplit - (divisorSplit - divisor);
  const divisorLow = divisor - divisorHigh;
  const product = quotient * divisor;
  const productError =
    quotientHigh * divisorHigh -
    product +
    quotientHigh * divisorLow +
    quotientLow * divisorHigh +
    quotientLow * divisorLow;

  const correction = (sum - product - productError + sumError) / divisor;
  const above = quotient + correction * (1 + 2 ** -40);
  const below = quotient + correction * (1 - 2 ** -40);
  return above === below ? above : Number.NaN;
}

/**
 * A double that `Math.fround` rounds to the same float32 as it would the double nearest to the decimal, or NaN where this
 * arithmetic cannot tell. The decimal is given as to {@link nearestDouble}.
 *
 * Three roundings separate the quotient from the decimal, and one the nearest double: together at most 2^-51. Where all that
 * is within 2^-50 becomes the same float32, so does the nearest double.
 */
export function nearEnoughForSingle(high: number, low: number, lowDigits: number, scale: number): number {
  if (lowDigits > MAX_LOW_DIGITS || scale < 0 || scale >= POWERS_OF_TEN.length) return Number.NaN;
  const quotient = (high * (POWERS_OF_TEN[lowDigits] as number) + low) / (POWERS_OF_TEN[scale] as number);
  const above = Math.fround(quotient * (1 + 2 ** -50));
  const below = Math.fround(quotient * (1 - 2 ** -50));
  return above === below ? quotient : Number.NaN;
}

/** So many digits are exact in a double. */
const MAX_LOW_DIGITS = 15;
/** 2^27 + 1 splits a double into halves of 26 bits. */
const VELTKAMP = 2 ** 27 + 1;
