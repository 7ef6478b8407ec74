/** Has those who name the same key do their work one after the other. */
export class KeyedTurns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Waits for those before, whatever becomes of them, or until `signal` aborts. */
  async take<T>(key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key);
    const turn = (async () => {
      if (before !== undefined) await orAborted(before, signal);
      return work();
    })();
    const ended = Promise.allSettled([before, turn]);
    this.#last.set(key, ended);
    ended.then(() => this.#last.get(key) === ended && this.#last.delete(key));
    return turn;
  }
}

function orAborted(awaited: Promise<unknown>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    awaited.then(() => resolve(), reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
