/**
 * The bits of the float16 nearest to `value`, ties to even; infinite from 65520 on.
 *
 * From the double straight, because rounding to float32 on the way could round twice.
 */
export function toFloat16Bits(value: number): number {
  return toBits(value, 10, -14, 65520, 0x7c00);
}

/** The bits of the bfloat16 nearest to `value`, ties to even. */
export function toBfloat16Bits(value: number): number {
  return toBits(value, 7, -126, 2 ** 127 * (2 - 2 ** -8), 0x7f80);
}

/** The value of a float16; exact. */
export function fromFloat16Bits(bits: number): number {
  return fromBits(bits, 10, -14, 0x7c00);
}

/** The value of a bfloat16; exact. */
export function fromBfloat16Bits(bits: number): number {
  return fromBits(bits, 7, -126, 0x7f80);
}

/** IEEE 754's binary formats of 16 bits: `fractionBits`, the exponent of the smallest normal, and the bits of infinity. */
function toBits(
  value: number,
  fractionBits: number,
  smallestExponent: number,
  overflowsAt: number,
  infinity: number,
): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (Number.isNaN(magnitude)) return infinity | (1 << (fractionBits - 1));
  if (magnitude >= overflowsAt) return sign | infinity;
  const exponent = Math.max(exponentOf(magnitude), smallestExponent);
  const units = roundToEven(magnitude / 2 ** (exponent - fractionBits));
  // A carry out of the fraction moves on into the exponent by itself, and so does the first normal from the subnormals.
  return sign | (((exponent - smallestExponent) << fractionBits) + units);
}

function fromBits(bits: number, fractionBits: number, smallestExponent: number, infinity: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const fraction = bits & ((1 << fractionBits) - 1);
  if ((bits & infinity) === infinity) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  const exponent = (bits & infinity) >> fractionBits;
  if (exponent === 0) return sign * fraction * 2 ** (smallestExponent - fractionBits);
  return sign * (fraction + (1 << fractionBits)) * 2 ** (exponent - 1 + smallestExponent - fractionBits);
}

/** Power of two at or below a positive normal double; something below -1000 for what is smaller. */
function exponentOf(value: number): number {
  double[0] = value;
  return (((words[1] as number) >>> 20) & 0x7ff) - 1023;
}

function roundToEven(value: number): number {
  const down = Math.floor(value);
  const rest = value - down;
  return rest > 0.5 || (rest === 0.5 && down % 2 === 1) ? down + 1 : down;
}

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
