/** Lets so many failures a second through, and counts the others by reason. */
export class FailureBudget {
  readonly #maxPerSecond: number;
  #second = 0;
  #used = 0;
  #surplus = new Map<string, number>();

  constructor(maxPerSecond: number) {
    this.#maxPerSecond = maxPerSecond;
  }

  /** Whether this one is within the budget. */
  take(reason: string, nowMs: number): boolean {
    const second = Math.floor(nowMs / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#used = 0;
    }
    if (this.#used < this.#maxPerSecond) {
      this.#used++;
      return true;
    }
    this.#surplus.set(reason, (this.#surplus.get(reason) ?? 0) + 1);
    return false;
  }

  /** What was beyond it since this was last asked; `undefined` where that is nothing. */
  takeSurplus(): ReadonlyMap<string, number> | undefined {
    if (this.#surplus.size === 0) return undefined;
    const surplus = this.#surplus;
    this.#surplus = new Map();
    return surplus;
  }
}
