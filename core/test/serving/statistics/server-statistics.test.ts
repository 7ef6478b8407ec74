import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FrontStatistics } from "../../../src/serving/statistics/front-statistics.js";
import { LiveStatistics } from "../../../src/serving/statistics/live-statistics.js";
import type { RequestRecorders } from "../../../src/serving/statistics/request-recorders.js";

let statistics: LiveStatistics;

beforeEach(() => {
  vi.useFakeTimers();
  vi.setSystemTime(0);
  statistics = new LiveStatistics();
});

afterEach(() => {
  statistics[Symbol.dispose]();
  vi.useRealTimers();
});

/** Counts so many requests that took so long, half of it in the queue. */
function answer(requests: number, latencyMs: number, recorders: RequestRecorders = statistics, rows = 1): void {
  const half = latencyMs / 2;
  const recorder = recorders.recorder("digits", 2n);
  for (let request = 0; request < requests; request++) {
    recorder.succeeded(latencyMs, half, half, rows, performance.now());
    recorder.coded(0.25, 0.5);
    recorder.ran(rows, half, performance.now());
  }
}

function version() {
  return statistics.version("digits", 2n) ?? expect.fail("it was loaded");
}

describe("the statistics of a version", () => {
  it("count what came of its requests since the start", () => {
    answer(3, 10, statistics, 4);
    statistics.recorder("digits", 2n).failed("INVALID_ARGUMENT", 1, performance.now());
    statistics.recorder("digits", 2n).failed("UNAVAILABLE", 1, performance.now());
    statistics.recorder("digits", 2n).failed("UNAVAILABLE", 1, performance.now());
    expect(version().total).toEqual({
      succeeded: { count: 3, ms: 30 },
      failed: { count: 3, ms: 3 },
      errors: new Map([
        ["INVALID_ARGUMENT", 1],
        ["UNAVAILABLE", 2],
      ]),
      decode: { count: 3, ms: 0.75 },
      queue: { count: 3, ms: 15 },
      compute: { count: 3, ms: 15 },
      encode: { count: 3, ms: 1.5 },
      inferences: 12,
      executions: 3,
      batches: new Map([[4, { count: 3, ms: 15 }]]),
    });
  });

  it("tell of batches of many sizes in few numbers", () => {
    for (let rows = 1; rows <= 10_000; rows++) statistics.recorder("digits", 2n).ran(rows, 1, performance.now());
    const { batches } = version().total;
    expect(batches.size).toBe(128 + 7);
    expect(batches.get(1_024)?.count).toBe(512);
  });

  it("slide: what was longer ago counts in longer windows only", async () => {
    answer(100, 10);
    await vi.advanceTimersByTimeAsync(90_000);
    answer(10, 20);
    const { minute, tenMinutes, hour } = version().windows;
    expect(minute).toMatchObject({ requests: 10, failed: 0, latency: { mean: 20, max: 20 } });
    expect(minute.latency?.p50).toBeCloseTo(20, 0);
    expect(tenMinutes).toMatchObject({ requests: 110, latency: { max: 20 } });
    expect(tenMinutes.latency?.p50).toBeCloseTo(10, 0);
    expect(tenMinutes.latency?.p95).toBeCloseTo(20, 0);
    expect(hour.requestsPerSecond).toBeCloseTo(110 / 90, 1);
    await vi.advanceTimersByTimeAsync(61 * 60_000);
    expect(version().windows.hour).toMatchObject({ requests: 0, requestsPerSecond: 0, latency: undefined });
    expect(version().total.succeeded.count).toBe(110);
  });

  it("tell how many a second also while they are younger than a window", async () => {
    await vi.advanceTimersByTimeAsync(1);
    answer(0, 1);
    await vi.advanceTimersByTimeAsync(2_000);
    answer(50, 1);
    expect(version().windows.minute.requestsPerSecond).toBeCloseTo(25, 0);
  });

  it("are a series of points of ten seconds, of the last hour", async () => {
    for (let slot = 0; slot < 400; slot++) {
      if (slot % 2 === 0) answer(slot === 398 ? 7 : 1, 10);
      await vi.advanceTimersByTimeAsync(10_000);
    }
    const series = statistics.series("digits", 2n);
    expect(series, "an hour of every other one, without that which begins now").toHaveLength(179);
    expect(series.at(-1)).toMatchObject({ requests: 7, failed: 0, latency: { max: 10 }, queue: { max: 5 } });
    for (const { atMs } of series) expect(atMs % 10_000).toBe(0);
    expect(statistics.series("digits", 3n)).toEqual([]);
  });

  it("are never of names that clients made up", () => {
    statistics.refused(undefined, "NOT_FOUND");
    statistics.refused("digits", "INVALID_ARGUMENT");
    answer(1, 1);
    expect(statistics.models().map(({ model }) => model)).toEqual(["digits"]);
    expect(statistics.model("digits")?.unrouted).toEqual(new Map([["INVALID_ARGUMENT", 1]]));
    expect(statistics.unknownModels()).toEqual(new Map([["NOT_FOUND", 1]]));
  });

  it("are forgotten, the least recently used first, where too many versions have gone", async () => {
    for (let number = 1n; number <= 1_100n; number++) {
      statistics.recorder("m", number).failed("INTERNAL", 1, performance.now());
      await vi.advanceTimersByTimeAsync(1);
    }
    const loaded = statistics.recorder("m", 5_000n);
    loaded.queue = { waiting: 3 };
    expect(statistics.version("m", 1n)).toBeUndefined();
    expect(statistics.version("m", 1_100n)).toBeDefined();
    expect(statistics.version("m", 5_000n)?.queued).toBe(3);
    expect(statistics.models()[0]?.versions.length).toBeLessThanOrEqual(1_002);
  });
});

describe("what fronts count", () => {
  it("comes together, and stays when a front goes", () => {
    const fronts = [new FrontStatistics(), new FrontStatistics()];
    for (const [index, front] of fronts.entries()) {
      answer(10, 10 * (index + 1), front);
      front.recorder("digits", 2n).inFlight = 2;
      front.recorder("digits", 2n).queue = { waiting: 1 };
      front.refused(undefined, "NOT_FOUND");
      statistics.absorb(index, structuredClone(front.take()));
      statistics.absorb(index, structuredClone(front.take()));
    }
    answer(1, 10);
    expect(version()).toMatchObject({
      inFlight: 4,
      queued: 2,
      total: { succeeded: { count: 21, ms: 310 } },
      windows: { minute: { requests: 21, latency: { max: 20 } } },
    });
    expect(statistics.unknownModels()).toEqual(new Map([["NOT_FOUND", 2]]));
    expect(statistics.processes().map(({ role }) => role)).toEqual(["main", "front", "front"]);
    statistics.lose(0);
    expect(version()).toMatchObject({ inFlight: 2, queued: 1, total: { succeeded: { count: 21 } } });
    expect(statistics.processes()).toHaveLength(2);
  });
});
