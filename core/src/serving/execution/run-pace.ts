/** Weight of the newest run in the mean. */
const NEWEST_WEIGHT = 0.1;

/** What is said while nothing has been measured, in milliseconds. */
const UNKNOWN_RETRY_MS = 1_000;

/** Longest that anybody is asked to wait, in milliseconds: what is known now says little about later. */
const MAX_RETRY_MS = 60_000;

/** How fast a model answers, as an exponentially weighted mean over its runs. */
export class RunPace {
  /** `NaN` before the first run: a field that is always a double costs no allocation. */
  #msPerRequest: number = Number.NaN;

  ran(requests: number, durationMs: number): void {
    const measured = durationMs / requests;
    const mean = this.#msPerRequest;
    this.#msPerRequest = Number.isNaN(mean) ? measured : mean + NEWEST_WEIGHT * (measured - mean);
  }

  /** When what waits now will have been answered, in whole milliseconds from now: at least 1. */
  retryAfterMs(waiting: number, slots: number): number {
    if (Number.isNaN(this.#msPerRequest)) return UNKNOWN_RETRY_MS;
    const estimated = (this.#msPerRequest * Math.max(1, waiting)) / Math.max(1, slots);
    return Math.min(Math.max(1, Math.ceil(estimated)), MAX_RETRY_MS);
  }
}
