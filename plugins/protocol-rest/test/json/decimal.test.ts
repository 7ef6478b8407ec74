import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nearEnoughForSingle, nearestDouble } from "../../src/json/decimal.js";

const decimals = fc.record({
  high: fc.integer({ min: 0, max: 999_999_999 }),
  lowDigits: fc.integer({ min: 0, max: 9 }),
  low: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  scale: fc.integer({ min: 0, max: 22 }),
});

/** The same decimal as text, for the engine to read. */
function text(high: number, low: number, lowDigits: number, scale: number): string {
  const digits = lowDigits === 0 ? String(high) : `${high}${String(low).padStart(lowDigits, "0")}`;
  return `${digits}e-${scale}`;
}

describe("decimals of two parts", () => {
  it("become the nearest double, or are left undecided", () => {
    let decided = 0;
    let all = 0;
    fc.assert(
      fc.property(decimals, ({ high, low: part, lowDigits, scale }) => {
        const low = Math.floor(part * 10 ** lowDigits);
        const value = nearestDouble(high, low, lowDigits, scale);
        const single = nearEnoughForSingle(high, low, lowDigits, scale);
        const expected = Number(text(high, low, lowDigits, scale));
        if (!Number.isNaN(value)) expect(value).toBe(expected);
        if (!Number.isNaN(single)) expect(Math.fround(single)).toBe(Math.fround(expected));
        all++;
        if (!Number.isNaN(value)) decided++;
      }),
      { numRuns: 50_000 },
    );
    expect(decided / all).toBeGreaterThan(0.999);
  });

  it("are left undecided at exact ties", () => {
    // 2^53 + 1 lies between two doubles, and 2^24 + 1 between two float32s.
    expect(nearestDouble(900_719_925, 4_740_993, 7, 0)).toBeNaN();
    expect(nearestDouble(900_719_925, 4_740_994, 7, 0)).toBe(9007199254740994);
    expect(nearEnoughForSingle(16_777_217, 0, 0, 0)).toBeNaN();
  });

  it("are left undecided where they have too many digits", () => {
    expect(nearestDouble(999_999_999, 0, 10, 12)).toBeNaN();
    expect(nearestDouble(1, 0, 16, 12)).toBeNaN();
    expect(nearestDouble(1, 0, 9, 23)).toBeNaN();
    expect(nearestDouble(1, 0, 9, -1)).toBeNaN();
    expect(nearEnoughForSingle(1, 0, 16, 12)).toBeNaN();
  });
});
