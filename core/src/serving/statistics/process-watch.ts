import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import type { ProcessFigures } from "../../extension-points/server-statistics.js";

/** How often the event loop is asked to come to a timer, in milliseconds. */
const RESOLUTION_MS = 20;

/** Least time that one set of figures tells of, in milliseconds. */
const PERIOD_MS = 5_000;

const NANOSECONDS_PER_MS = 1e6;

/** Measures this process. */
export class ProcessWatch implements Disposable {
  readonly #role: ProcessFigures["role"];
  readonly #histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  #delay: ProcessFigures["eventLoopDelay"] = { mean: 0, p99: 0, max: 0 };
  #sinceMs = performance.now();

  constructor(role: ProcessFigures["role"]) {
    this.#role = role;
  }

  start(): void {
    this.#histogram.enable();
  }

  figures(): ProcessFigures {
    this.#measure();
    const { rss, heapUsed } = process.memoryUsage();
    return { role: this.#role, pid: process.pid, rssBytes: rss, heapUsedBytes: heapUsed, eventLoopDelay: this.#delay };
  }

  [Symbol.dispose](): void {
    this.#histogram.disable();
  }

  #measure(): void {
    const nowMs = performance.now();
    const isFirst = this.#delay.max === 0;
    if (this.#histogram.count === 0 || (!isFirst && nowMs - this.#sinceMs < PERIOD_MS)) return;
    const { mean, max } = this.#histogram;
    this.#delay = { mean: lateMs(mean), p99: lateMs(this.#histogram.percentile(99)), max: lateMs(max) };
    this.#histogram.reset();
    this.#sinceMs = nowMs;
  }
}

/** Node measures from one timer to the next. */
function lateMs(intervalNs: number): number {
  return Math.max(0, intervalNs / NANOSECONDS_PER_MS - RESOLUTION_MS);
}
