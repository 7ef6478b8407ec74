import { describe, expect, it } from "vitest";
import { fromBfloat16Bits, fromFloat16Bits, toBfloat16Bits, toFloat16Bits } from "../../src/json/half-precision.js";

const formats = [
  {
    name: "float16",
    toBits: toFloat16Bits,
    fromBits: fromFloat16Bits,
    infinity: 0x7c00,
    one: 0x3c00,
    smallest: 2 ** -24,
  },
  {
    name: "bfloat16",
    toBits: toBfloat16Bits,
    fromBits: fromBfloat16Bits,
    infinity: 0x7f80,
    one: 0x3f80,
    smallest: 2 ** -133,
  },
];

describe.each(formats)("$name", ({ toBits, fromBits, infinity, one, smallest }) => {
  it("keeps its known values", () => {
    expect(fromBits(one)).toBe(1);
    expect(fromBits(1)).toBe(smallest);
    expect(fromBits(infinity)).toBe(Number.POSITIVE_INFINITY);
    expect(fromBits(infinity | 0x8000)).toBe(Number.NEGATIVE_INFINITY);
    expect(fromBits(infinity + 1)).toBeNaN();
  });

  it("survives the way to a double and back, for all bit patterns", () => {
    const changed: number[] = [];
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = fromBits(bits);
      const back = toBits(value);
      if (Number.isNaN(value) ? !Number.isNaN(fromBits(back)) : back !== bits) changed.push(bits);
    }
    expect(changed).toEqual([]);
  });

  it("rounds to the nearest, and ties to even, between all neighbours", () => {
    const wrong: number[] = [];
    for (let bits = 0; bits < infinity - 1; bits++) {
      const low = fromBits(bits);
      const high = fromBits(bits + 1);
      const middle = (low + high) / 2;
      const even = bits % 2 === 0 ? bits : bits + 1;
      const inside = (high - low) * 2 ** -30;
      if (toBits(middle) !== even || toBits(middle - inside) !== bits || toBits(middle + inside) !== bits + 1)
        wrong.push(bits);
    }
    expect(wrong).toEqual([]);
  });

  it("overflows half a step above the largest", () => {
    const largest = fromBits(infinity - 1);
    const half = (largest - fromBits(infinity - 2)) / 2;
    expect(toBits(largest + half * 0.999)).toBe(infinity - 1);
    expect(toBits(largest + half)).toBe(infinity);
    expect(toBits(-Number.MAX_VALUE)).toBe(infinity | 0x8000);
  });
});
