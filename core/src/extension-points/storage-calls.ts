import { PlinthError } from "../model/errors.js";

/** The calls of a storage that are under way, for storages to keep to the contract: disposal ends them, and what is called later is refused. */
export class StorageCalls {
  readonly #underWay = new Map<Promise<unknown>, AbortController>();
  #closed = false;

  /**
   * Does the work of one call. The signal that it gets aborts with the caller's, and with `STORAGE_CLOSED` as its reason when
   * the storage is disposed.
   */
  async run<T>(caller: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.check(caller);
    const ending = new AbortController();
    // Not AbortSignal.any, which on Node 20 leaves some bytes on a signal of the caller's for as long as that lives.
    const abort = () => ending.abort(caller.reason);
    caller.addEventListener("abort", abort, { once: true });
    const call = work(ending.signal);
    this.#underWay.set(call, ending);
    try {
      return await call;
    } finally {
      this.#underWay.delete(call);
      caller.removeEventListener("abort", abort);
    }
  }

  /** @throws PlinthError `STORAGE_CLOSED` after {@link close}, or the reason of a signal that has aborted. */
  check(caller?: AbortSignal): void {
    if (this.#closed) throw storageClosed();
    caller?.throwIfAborted();
  }

  /** Aborts all calls and waits until each has put away what it had begun. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const ending of this.#underWay.values()) ending.abort(storageClosed());
    await Promise.allSettled(this.#underWay.keys());
  }
}

function storageClosed(): PlinthError {
  return new PlinthError("STORAGE_CLOSED", "The storage has been closed: the server is stopping");
}
