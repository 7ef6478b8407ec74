import { OrderedHeap } from "./ordered-heap.js";

/** Longest that a timer can run, in milliseconds: Node turns a longer delay into one of 1 ms. */
export const MAX_TIMER_MS: number = 2 ** 31 - 1;

interface Due {
  /** On the clock of `performance.now()`. */
  readonly deadlineMs: number;
}

/** Tells of things whose deadline passes, with one timer for all of them. */
export class DeadlineWatch<T extends Due> implements Disposable {
  readonly #passed: (item: T) => void;
  readonly #soonest = new OrderedHeap<T>((left, right) => left.deadlineMs < right.deadlineMs);
  #timer: NodeJS.Timeout | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;

  constructor(passed: (item: T) => void) {
    this.#passed = passed;
  }

  add(item: T): void {
    this.#soonest.add(item);
    if (item.deadlineMs < this.#timerAtMs) this.#arm(performance.now());
  }

  /** The timer stays as it is: it costs less to find nothing once than to be set anew each time. */
  remove(item: T): void {
    this.#soonest.remove(item);
  }

  /** Tells of all whose time is up, also where the timer is late because the thread was busy. */
  expire(nowMs: number): void {
    for (
      let first = this.#soonest.first;
      first !== undefined && first.deadlineMs <= nowMs;
      first = this.#soonest.first
    ) {
      this.#soonest.remove(first);
      this.#passed(first);
    }
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  #arm(nowMs: number): void {
    clearTimeout(this.#timer);
    const first = this.#soonest.first;
    this.#timerAtMs = first?.deadlineMs ?? Number.POSITIVE_INFINITY;
    if (first === undefined) return;
    const delayMs = Math.min(Math.max(1, Math.ceil(first.deadlineMs - nowMs)), MAX_TIMER_MS);
    this.#timer = setTimeout(() => {
      const firedAtMs = performance.now();
      this.expire(firedAtMs);
      this.#arm(firedAtMs);
    }, delayMs);
  }
}
