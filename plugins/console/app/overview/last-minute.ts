import type { ModelStatistics } from "../api/documents.js";

/** What the versions of models did in the last minute, together. */
export interface LastMinute {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly failed: number;
  readonly inFlight: number;
  readonly queued: number;
  /** Of the slowest of them, in milliseconds; `undefined` where nothing was answered. */
  readonly p95: number | undefined;
}

export function lastMinute(models: readonly ModelStatistics[]): LastMinute {
  const versions = models.flatMap((model) => model.versions);
  const sum = (figureOf: (version: ModelStatistics["versions"][number]) => number) =>
    versions.reduce((total, version) => total + figureOf(version), 0);
  const latencies = versions.flatMap(({ minute }) => minute.latency?.p95 ?? []);
  return {
    requests: sum(({ minute }) => minute.requests),
    requestsPerSecond: sum(({ minute }) => minute.requestsPerSecond),
    failed: sum(({ minute }) => minute.failed),
    inFlight: sum(({ inFlight }) => inFlight),
    queued: sum(({ queued }) => queued),
    p95: latencies.length === 0 ? undefined : Math.max(...latencies),
  };
}
