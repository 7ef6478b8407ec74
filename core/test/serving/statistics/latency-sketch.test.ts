import { describe, expect, it } from "vitest";
import { LatencySketch } from "../../../src/serving/statistics/latency-sketch.js";

/** Of these durations, the smallest that so large a share of them does not exceed. */
function nearestRank(durations: readonly number[], share: number): number {
  const sorted = [...durations].sort((left, right) => left - right);
  return sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] ?? Number.NaN;
}

/** The same numbers in each run, from 0 to 1. */
function* numbersOf(seed: number): Generator<number, never> {
  let state = seed;
  for (;;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

function sketchOf(durations: readonly number[]): LatencySketch {
  const sketch = new LatencySketch();
  for (const duration of durations) sketch.add(duration);
  return sketch;
}

describe("a sketch of latencies", () => {
  it.each<[string, (random: number) => number]>([
    ["evenly spread ones", (random) => 1 + 9 * random],
    ["those with a long tail", (random) => 0.05 / (1 - random)],
    ["those in two heaps", (random) => (random < 0.9 ? 0.2 + random : 500 + random)],
    ["microseconds", (random) => 0.001 + random / 100],
    ["minutes", (random) => 60_000 + random * 600_000],
  ])("tells percentiles of %s within one percent", (_what, durationOf) => {
    const random = numbersOf(42);
    const durations = Array.from({ length: 5_000 }, () => durationOf(random.next().value));
    const { mean, p50, p95, p99, max } = sketchOf(durations).figures() ?? expect.fail("it is not empty");
    expect(max).toBe(Math.max(...durations));
    expect(mean / (durations.reduce((sum, each) => sum + each, 0) / durations.length)).toBeCloseTo(1, 9);
    for (const [figure, share] of [
      [p50, 0.5],
      [p95, 0.95],
      [p99, 0.99],
    ] as const) {
      expect(Math.abs(figure / nearestRank(durations, share) - 1)).toBeLessThan(0.01);
    }
  });

  it("is the same whether it is put together of parts, also of clones, or not", () => {
    const random = numbersOf(7);
    const durations = Array.from({ length: 1_000 }, () => 2 ** (40 * random.next().value - 20));
    const merged = new LatencySketch();
    for (let from = 0; from < durations.length; from += 100) {
      merged.merge(structuredClone(sketchOf(durations.slice(from, from + 100))) as LatencySketch);
    }
    const whole = sketchOf(durations).figures() ?? expect.fail("it is not empty");
    expect(merged.figures()).toEqual({ ...whole, mean: expect.closeTo(whole.mean, 6) });
  });

  it("takes what no clock should tell", () => {
    for (const odd of [0, -1, -0, 1e-9, 1e12]) expect(sketchOf([odd]).figures()?.p50).toBeLessThanOrEqual(2 ** 32);
    expect(sketchOf([Number.NaN, 1]).count).toBe(2);
    expect(new LatencySketch().figures()).toBeUndefined();
  });
});
