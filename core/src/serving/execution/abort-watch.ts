/**
 * Tells of things whose signal aborts, with one listener a signal however many share it: a connection has one for all its requests, and
 * an `EventTarget` looks through all its listeners whenever one comes or goes.
 */
export class AbortWatch<T> {
  readonly #aborted: (item: T) => void;
  readonly #watched = new Map<AbortSignal, { readonly items: Set<T>; readonly listener: () => void }>();

  constructor(aborted: (item: T) => void) {
    this.#aborted = aborted;
  }

  /** The signal has not aborted yet. */
  add(item: T, signal: AbortSignal): void {
    const known = this.#watched.get(signal);
    if (known !== undefined) {
      known.items.add(item);
      return;
    }
    const items = new Set([item]);
    const listener = () => {
      this.#watched.delete(signal);
      for (const each of items) this.#aborted(each);
    };
    this.#watched.set(signal, { items, listener });
    signal.addEventListener("abort", listener, { once: true });
  }

  /** Leaves nothing on the signal when the last one has gone. */
  remove(item: T, signal: AbortSignal): void {
    const known = this.#watched.get(signal);
    if (known === undefined || !known.items.delete(item) || known.items.size > 0) return;
    this.#watched.delete(signal);
    signal.removeEventListener("abort", known.listener);
  }
}
