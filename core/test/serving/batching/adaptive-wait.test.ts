import { describe, expect, it } from "vitest";
import { Arrivals } from "../../../src/serving/batching/arrivals.js";
import type { BatchingSettings } from "../../../src/serving/batching/batching-settings.js";
import { chooseWaitMs, type WaitFacts } from "../../../src/serving/batching/choose-wait.js";
import { NOTHING_MEASURED, type RunTimeFit, runTime, withRun } from "../../../src/serving/batching/run-time-fit.js";

/** Numbers from -1 to 1 that look random and are the same in each run. */
function noise(index: number): number {
  return Math.sin(index * 12.9898) * Math.cos(index * 78.233);
}

function fitted(runs: readonly (readonly [rows: number, ms: number])[]): RunTimeFit {
  return runs.reduce((fit, [rows, ms]) => withRun(fit, rows, ms), NOTHING_MEASURED);
}

describe("the run time by size", () => {
  it("is not known before the first run", () => {
    expect(runTime(NOTHING_MEASURED)).toBeUndefined();
  });

  it("is all fixed as long as only one size was run", () => {
    expect(
      runTime(
        fitted([
          [8, 5],
          [8, 7],
        ]),
      ),
    ).toMatchObject({ fixedMs: expect.closeTo(6, 1), perRowMs: 0 });
  });

  it.each<[string, (rows: number, index: number) => number, number, number]>([
    ["of exact runs", (rows) => 2 + 0.5 * rows, 2, 0.5],
    ["of noisy runs", (rows, index) => 2 + 0.5 * rows + noise(index), 2, 0.5],
    ["of runs with rare long pauses", (rows, index) => 2 + 0.5 * rows + (index % 25 === 24 ? 500 : 0), 2, 0.5],
    ["that is the rows' alone", (rows) => 0.5 * rows, 0, 0.5],
    ["that does not depend on the rows", () => 3, 3, 0],
  ])("is found %s", (_what, measure, fixedMs, perRowMs) => {
    const runs = Array.from({ length: 300 }, (_, index): [number, number] => {
      const rows = 1 + ((index * 7) % 32);
      return [rows, measure(rows, index)];
    });
    const found = runTime(fitted(runs));
    expect(Math.abs((found?.fixedMs ?? Number.NaN) - fixedMs)).toBeLessThan(0.8);
    expect(Math.abs((found?.perRowMs ?? Number.NaN) - perRowMs)).toBeLessThan(0.05);
  });

  it("follows a model that has become slower", () => {
    const runs = Array.from({ length: 400 }, (_, index): [number, number] => {
      const rows = 1 + ((index * 7) % 32);
      return [rows, (index < 100 ? 1 : 4) * (2 + 0.5 * rows)];
    });
    const found = runTime(fitted(runs));
    expect(Math.abs((found?.perRowMs ?? 0) - 2)).toBeLessThan(0.2);
  });

  it("is never below nothing", () => {
    expect(
      runTime(
        fitted([
          [1, 10],
          [10, 1],
        ]),
      ),
    ).toMatchObject({ perRowMs: 0 });
    expect(
      runTime(
        fitted([
          [1, 0.1],
          [10, 50],
        ]),
      )?.fixedMs,
    ).toBe(0);
  });
});

describe("the time between rows", () => {
  it("is not known before the second request", () => {
    const arrivals = new Arrivals(40);
    arrivals.arrived(1, 0);
    expect(arrivals.msBetweenRows).toBeUndefined();
  });

  it("is that of the requests, shared out to their rows", () => {
    const arrivals = new Arrivals(40);
    for (let atMs = 0; atMs <= 400; atMs += 4) arrivals.arrived(2, atMs);
    expect(arrivals.msBetweenRows).toBeCloseTo(2);
  });
});

it("the time between rows forgets an idle night within some dozens of requests", () => {
  const arrivals = new Arrivals(40);
  for (const sinceMs of [0, 40_000_000]) {
    for (let index = 0; index < 80; index++) arrivals.arrived(1, sinceMs + index);
  }
  expect(arrivals.msBetweenRows).toBeLessThan(2);
});

describe("the wait", () => {
  const settings: BatchingSettings = {
    maxBatchSize: 32,
    maxWaitMs: 20,
    targetLatencyMs: 20,
    padVariableLength: false,
    splitLarge: true,
  };
  const facts: WaitFacts = { runTime: { fixedMs: 4, perRowMs: 0.5, deviationMs: 0 }, msBetweenRows: 1, rows: 1 };

  it.each<[string, Partial<BatchingSettings>, Partial<WaitFacts>, number]>([
    ["is maxWaitMs where there is no target", { targetLatencyMs: undefined, maxWaitMs: 7 }, {}, 7],
    ["is the longest that keeps the target", {}, {}, 15.5 / 1.5],
    ["leaves room for the usual deviation", {}, { runTime: { fixedMs: 4, perRowMs: 0.5, deviationMs: 2 } }, 11.5 / 1.5],
    ["is no longer than maxWaitMs", { maxWaitMs: 3 }, {}, 3],
    ["is no longer than it takes to fill the batch", { maxBatchSize: 5 }, {}, 4],
    ["is none before anything is measured", {}, { runTime: undefined }, 0],
    ["is none before arrivals are known", {}, { msBetweenRows: undefined }, 0],
    ["is none where the target is out of reach", { targetLatencyMs: 4 }, {}, 0],
    ["is none where nobody is expected meanwhile", {}, { msBetweenRows: 60 }, 0],
    [
      "is none where running together saves nothing",
      {},
      { runTime: { fixedMs: 0.01, perRowMs: 1, deviationMs: 0 } },
      0,
    ],
    ["is none for a full batch", {}, { rows: 32 }, 0],
    [
      "is a number where all arrive at once",
      {},
      { msBetweenRows: 0, runTime: { fixedMs: 4, perRowMs: 0, deviationMs: 0 } },
      0.031,
    ],
  ])("%s", (_what, settingsOfCase, factsOfCase, expected) => {
    expect(chooseWaitMs({ ...settings, ...settingsOfCase }, { ...facts, ...factsOfCase })).toBeCloseTo(expected);
  });

  it("that was chosen lets a batch be answered within the target", () => {
    for (let index = 0; index < 200; index++) {
      const runTimeMs = {
        fixedMs: 1 + Math.abs(noise(index)) * 9,
        perRowMs: Math.abs(noise(index + 1)),
        deviationMs: 0,
      };
      const msBetweenRows = 0.05 + Math.abs(noise(index + 2)) * 5;
      const waitMs = chooseWaitMs(settings, { runTime: runTimeMs, msBetweenRows, rows: 1 });
      const answeredMs = waitMs + runTimeMs.fixedMs + runTimeMs.perRowMs * (1 + waitMs / msBetweenRows);
      if (waitMs > 0) expect(answeredMs).toBeLessThanOrEqual(20 + 1e-9);
    }
  });
});
