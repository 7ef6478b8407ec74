/** Tells of calls whose requests do not arrive whole in time, with one timer for all of them. */
export class ArrivalWatch<Call extends object> implements Disposable {
  readonly #timeoutMs: number;
  readonly #late: (call: Call) => void;
  /** When each call began, on the clock of `performance.now()`; the oldest first. */
  readonly #begun = new Map<Call, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(timeoutMs: number, late: (call: Call) => void) {
    this.#timeoutMs = timeoutMs;
    this.#late = late;
  }

  add(call: Call, nowMs: number): void {
    this.#begun.set(call, nowMs);
    if (this.#timer === undefined) this.#arm(this.#timeoutMs);
  }

  /** The timer stays as it is: it costs less to find nothing once than to be set anew each time. */
  remove(call: Call): void {
    this.#begun.delete(call);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#begun.clear();
  }

  #arm(delayMs: number): void {
    this.#timer = setTimeout(() => this.#sweep(performance.now()), delayMs);
  }

  #sweep(nowMs: number): void {
    this.#timer = undefined;
    for (const [call, beganAtMs] of this.#begun) {
      const leftMs = beganAtMs + this.#timeoutMs - nowMs;
      if (leftMs > 0) {
        this.#arm(Math.ceil(leftMs));
        return;
      }
      this.#begun.delete(call);
      this.#late(call);
    }
  }
}
