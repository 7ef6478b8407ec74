import type { SeriesPoint } from "@plinth/core";
import type { StatisticsSeriesDocument } from "../statistics-resources.js";

const MINUTE_MS = 60_000;

type MinutePoint = StatisticsSeriesDocument["models"][number]["points"][number];

/** The points of all versions of a model in minutes, oldest first; those in which nothing was answered are left out. */
export function minuteSeries(versions: readonly (readonly SeriesPoint[])[]): MinutePoint[] {
  const minutes = new Map<number, MinutePoint>();
  for (const { atMs, requests, failed, latency } of versions.flat()) {
    const minuteMs = Math.floor(atMs / MINUTE_MS) * MINUTE_MS;
    const known = minutes.get(minuteMs) ?? { at: new Date(minuteMs).toISOString(), requests: 0, failed: 0 };
    const slowest = Math.max(known.p95 ?? 0, latency?.p95 ?? 0);
    minutes.set(minuteMs, {
      at: known.at,
      requests: known.requests + requests,
      failed: known.failed + failed,
      ...(slowest > 0 && { p95: slowest }),
    });
  }
  return [...minutes].sort(([left], [right]) => left - right).map(([, point]) => point);
}
