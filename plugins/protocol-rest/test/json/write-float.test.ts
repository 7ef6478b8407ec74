import { describe, expect, it } from "vitest";
import { MAX_FLOAT32_BYTES, writeFloat32 } from "../../src/json/write-float32.js";
import { MAX_FLOAT64_BYTES, writeFloat64 } from "../../src/json/write-float64.js";

const bytes = Buffer.alloc(64);

function single(value: number): string {
  return bytes.toString("latin1", 0, writeFloat32(bytes, 0, value));
}

function double(value: number): string {
  return bytes.toString("latin1", 0, writeFloat64(bytes, 0, value));
}

/** The fewest digits that read back as the same float32, in scientific notation. */
function fewestDigits(magnitude: number): string {
  let count = 1;
  while (Math.fround(Number(magnitude.toPrecision(count))) !== magnitude) count++;
  return magnitude.toExponential(count - 1);
}

/** Lays out digits as C's %g does. */
function reference(value: number, scientific: (magnitude: number) => string, precision: number): string {
  if (!Number.isFinite(value)) return String(value);
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const magnitude = Math.abs(value);
  if (magnitude === 0) return `${sign}0.0`;
  const [mantissa, power] = scientific(magnitude).split("e") as [string, string];
  const digits = mantissa.replace(".", "").replace(/0+$/, "");
  const exponent = Number(power);
  if (exponent < -4 || exponent >= (digits.length <= 6 ? 6 : precision)) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : "";
    return `${sign}${digits[0]}${fraction}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  if (digits.length <= exponent + 1) return `${sign}${digits.padEnd(exponent + 1, "0")}.0`;
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
}

const float = new Float32Array(1);
const floatBits = new Uint32Array(float.buffer);

function fromBits(bits: number): number {
  floatBits[0] = bits;
  return float[0] as number;
}

/** What differs from the definition, at most a few of them, so that a failure can be read. */
function differences(values: Iterable<number>): string[] {
  const found: string[] = [];
  for (const value of values) {
    const text = single(value);
    const expected = reference(value, fewestDigits, 9);
    if (text !== expected || text.length > MAX_FLOAT32_BYTES) found.push(`${value}: ${text}, not ${expected}`);
    if (found.length > 5) break;
  }
  return found;
}

describe("float32", () => {
  it("at and around all powers of two, subnormals included", () => {
    const values: number[] = [];
    for (let exponent = -149; exponent < 128; exponent++) {
      float[0] = 2 ** exponent;
      const bits = floatBits[0] as number;
      for (let distance = -3; distance <= 3; distance++) values.push(fromBits(Math.max(bits + distance, 0)));
    }
    expect(differences(values)).toEqual([]);
  });

  it("at the edges of the subnormals and of infinity", () => {
    const values: number[] = [];
    for (let distance = 0; distance < 2000; distance++) {
      values.push(fromBits(distance), fromBits(0x800000 - distance), fromBits(0x800000 + distance));
      values.push(-fromBits(distance), fromBits(0x7f7fffff - distance));
    }
    expect(differences(values)).toEqual([]);
  });

  it("at short decimals, fractions and whole numbers", () => {
    const values: number[] = [];
    for (let number = 0; number < 20_000; number++) {
      for (const divisor of [3, 10, 255, 256, 1000, 4096, 1e-3, 1e-5, 1e7]) values.push(Math.fround(number / divisor));
    }
    expect(differences(values)).toEqual([]);
  });

  it("at powers of ten and their neighbours", () => {
    const values: number[] = [];
    for (let exponent = -45; exponent <= 38; exponent++) {
      float[0] = Number(`1e${exponent}`);
      const bits = floatBits[0] as number;
      for (let distance = -20; distance <= 20; distance++) values.push(fromBits(Math.max(bits + distance, 0)));
    }
    expect(differences(values)).toEqual([]);
  });

  it("at two hundred thousand pseudo-random bit patterns", { timeout: 120_000 }, () => {
    function* patterns(): Generator<number> {
      let state = 0x2545f491;
      for (let index = 0; index < 200_000; index++) {
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        yield fromBits(state >>> 0);
      }
    }
    expect(differences(patterns())).toEqual([]);
  });
});

describe("float64", () => {
  it.each([
    [0, "0.0"],
    [-0, "-0.0"],
    [1, "1.0"],
    [0.1, "0.1"],
    [-2.5, "-2.5"],
    [0.0001, "0.0001"],
    [0.00001, "1e-05"],
    [999999, "999999.0"],
    [1e6, "1e+06"],
    [1234567, "1234567.0"],
    [123456789.125, "123456789.125"],
    [1e16, "1e+16"],
    [12345678901234568, "12345678901234568.0"],
    [1.2345678901234568e17, "1.2345678901234568e+17"],
    [5e-324, "5e-324"],
    [Number.MAX_VALUE, "1.7976931348623157e+308"],
    [Number.NaN, "NaN"],
    [Number.NEGATIVE_INFINITY, "-Infinity"],
  ])("%d is %s", (value, text) => {
    expect(double(value)).toBe(text);
  });

  it("has JavaScript's digits at pseudo-random values of all sizes", () => {
    const bits = new Uint32Array(2);
    const value = new Float64Array(bits.buffer);
    let state = 1;
    for (let index = 0; index < 50_000; index++) {
      for (const half of [0, 1]) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        bits[half] = state ^ (state >>> 15);
      }
      if (index % 2 === 1) value[0] = Math.round((value[0] as number) % 1e9) / 1000;
      const each = value[0] as number;
      const expected = reference(each, (magnitude) => magnitude.toExponential(), 17);
      const text = double(each);
      if (text !== expected || text.length > MAX_FLOAT64_BYTES) expect(text, String(each)).toBe(expected);
    }
  });
});
