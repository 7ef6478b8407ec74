import { describe, expect, it } from "vitest";
import { inTurns } from "../measure/in-turns.mjs";
import { latencyFigures, median, medians, percentile } from "../measure/statistics.mjs";

describe("percentiles", () => {
  it("are values that were measured, by nearest rank", () => {
    const hundred = Float64Array.from({ length: 100 }, (_, index) => index + 1);
    expect([0, 1, 50, 95, 99, 99.1, 100].map((percent) => percentile(hundred, percent))).toEqual([
      1, 1, 50, 95, 99, 100, 100,
    ]);
    expect(percentile([7], 99)).toBe(7);
    expect(percentile([], 99)).toBeUndefined();
  });

  it("need no order of the latencies, and sort them by number", () => {
    expect(latencyFigures([100, 9, 20])).toEqual({ p50Ms: 20, p95Ms: 100, p99Ms: 100 });
  });
});

describe("medians", () => {
  it("are the middle, or the mean of the two in the middle", () => {
    expect(median([10, 9, 100])).toBe(10);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([])).toBeUndefined();
  });

  it("of rounds leave out what a round did not measure", () => {
    expect(medians([{ a: 1, b: 5 }, { a: 3 }, { a: 2, b: undefined }])).toEqual({ a: 2, b: 5 });
  });
});

describe("candidates in turns", () => {
  it("are warmed up, take turns, and are compared round by round", async () => {
    const order = [];
    const candidate = (name, figures) => ({
      name,
      load: async (seconds) => {
        order.push(`${name} ${seconds}`);
        return { perSecond: seconds === 2 ? figures.shift() : 0 };
      },
    });
    const floor = candidate("floor", [10, 100, 1000]);
    const served = candidate("served", [5, 90, 800]);
    const measured = await inTurns([floor, served], { rounds: 3, seconds: 2, warmUpSeconds: 1 });
    expect(order).toEqual(["floor 1", "served 1", ...Array(3).fill(["floor 2", "served 2"]).flat()]);
    expect(measured.ratio("perSecond", served, floor)).toBe(0.8);
    expect(measured.rows()).toEqual([
      { name: "floor", perSecond: 100 },
      { name: "served", perSecond: 90 },
    ]);
  });
});
