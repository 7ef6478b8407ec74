import type { SeriesPoint } from "@plinth/core";
import { expect, it } from "vitest";
import { minuteSeries } from "../src/documents/minute-series.js";

const NOON_MS = Date.UTC(2026, 0, 1, 12);

function point(afterMs: number, requests: number, failed: number, p95?: number): SeriesPoint {
  const latency = p95 === undefined ? undefined : { mean: 1, p50: 1, p95, p99: p95, max: p95 };
  return { atMs: NOON_MS + afterMs, requests, failed, latency, queue: undefined, compute: undefined };
}

it("adds up versions and tells of the slowest stretch of each minute, the oldest first", () => {
  const first = [point(0, 10, 1, 3), point(50_000, 5, 0, 7), point(60_000, 2, 2)];
  const second = [point(-10_000, 1, 0, 1), point(10_000, 1, 0, 4)];
  expect(minuteSeries([first, second])).toEqual([
    { at: "2026-01-01T11:59:00.000Z", requests: 1, failed: 0, p95: 1 },
    { at: "2026-01-01T12:00:00.000Z", requests: 16, failed: 1, p95: 7 },
    { at: "2026-01-01T12:01:00.000Z", requests: 2, failed: 2 },
  ]);
  expect(minuteSeries([])).toEqual([]);
});
