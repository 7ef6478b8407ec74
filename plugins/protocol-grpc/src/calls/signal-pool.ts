/** Most signals that are kept for the next calls. */
const MAX_KEPT = 1_024;

/**
 * Signals that abort when a client gives up a call, made once for many calls: a new one takes a small model's call some percent of its time.
 * Whoever listens to one must stop when the call is done.
 */
export class SignalPool {
  readonly #kept: AbortController[] = [];

  take(): AbortController {
    return this.#kept.pop() ?? new AbortController();
  }

  /** One that has aborted is of no more use. */
  giveBack(controller: AbortController): void {
    if (!controller.signal.aborted && this.#kept.length < MAX_KEPT) this.#kept.push(controller);
  }
}
