/** Weight of the newest gap in the mean. */
const NEWEST_WEIGHT = 0.05;

/** How fast rows arrive, as an exponentially weighted mean of the gaps between them. */
export class Arrivals {
  readonly #longestGapMs: number;
  #lastMs: number | undefined;
  #meanMs: number | undefined;

  /** A longer gap counts as this one, so that an idle time is soon forgotten: past the longest wait all gaps mean the same. */
  constructor(longestGapMs: number) {
    this.#longestGapMs = longestGapMs;
  }

  /** `undefined` until two requests have come. */
  get msBetweenRows(): number | undefined {
    return this.#meanMs;
  }

  arrived(rows: number, atMs: number): void {
    const gapMs = this.#lastMs === undefined ? undefined : Math.min((atMs - this.#lastMs) / rows, this.#longestGapMs);
    this.#lastMs = atMs;
    if (gapMs === undefined) return;
    this.#meanMs = this.#meanMs === undefined ? gapMs : this.#meanMs + NEWEST_WEIGHT * (gapMs - this.#meanMs);
  }
}
