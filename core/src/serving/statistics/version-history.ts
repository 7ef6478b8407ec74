import type { SeriesPoint, WindowFigures } from "../../extension-points/server-statistics.js";
import { RequestTally } from "./request-tally.js";
import { TallyRing } from "./tally-ring.js";

/** Of one point of the series and the finest slots, in milliseconds. */
export const SERIES_SLOT_MS = 10_000;

/** An hour of them. */
const MAX_SERIES_POINTS = 360;

/** What came of a version's requests: all in all, and of late. Times are in milliseconds since the epoch. */
export class VersionHistory {
  readonly total: RequestTally = new RequestTally();
  readonly sinceMs: number;
  readonly #minute = new TallyRing(SERIES_SLOT_MS, 6);
  readonly #tenMinutes = new TallyRing(60_000, 10);
  readonly #hour = new TallyRing(600_000, 6);
  readonly #series: SeriesPoint[] = [];

  constructor(sinceMs: number) {
    this.sinceMs = sinceMs;
  }

  absorb(tally: RequestTally, atMs: number): void {
    this.total.merge(tally);
    const finished = this.#minute.add(tally, atMs);
    this.#tenMinutes.add(tally, atMs);
    this.#hour.add(tally, atMs);
    if (finished !== undefined && finished.tally.requests > 0) this.#series.push(pointOf(finished));
    if (this.#series.length > MAX_SERIES_POINTS) this.#series.shift();
  }

  windows(nowMs: number): Record<"minute" | "tenMinutes" | "hour", WindowFigures> {
    return {
      minute: this.#window(this.#minute, nowMs),
      tenMinutes: this.#window(this.#tenMinutes, nowMs),
      hour: this.#window(this.#hour, nowMs),
    };
  }

  series(nowMs: number): readonly SeriesPoint[] {
    const current = this.#minute.newest;
    const all =
      current === undefined || current.tally.requests === 0 ? this.#series : [...this.#series, pointOf(current)];
    const firstMs = nowMs - MAX_SERIES_POINTS * SERIES_SLOT_MS;
    return all.filter(({ atMs }) => atMs > firstMs);
  }

  #window(ring: TallyRing, nowMs: number): WindowFigures {
    const { requests, failed, errors, latency, queue, compute } = ring.sum(nowMs);
    const spanMs = Math.max(1, nowMs - Math.max(this.sinceMs, ring.sinceMs(nowMs)));
    return {
      spanMs,
      requests,
      requestsPerSecond: (requests / spanMs) * 1_000,
      failed: failed.count,
      errors,
      latency: latency.figures(),
      queue: queue.figures(),
      compute: compute.figures(),
    };
  }
}

function pointOf({ atMs, tally }: { readonly atMs: number; readonly tally: RequestTally }): SeriesPoint {
  const { requests, failed, latency, queue, compute } = tally;
  return {
    atMs,
    requests,
    failed: failed.count,
    latency: latency.figures(),
    queue: queue.figures(),
    compute: compute.figures(),
  };
}
