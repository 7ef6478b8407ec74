/** Who wants to know that something may have changed, for what offers to tell, as {@link ModelStorage.watch}. */
export class ChangeWatchers {
  readonly #watchers = new Set<() => void>();
  #isTelling = false;

  add(changed: () => void): Disposable {
    const watcher = () => changed();
    this.#watchers.add(watcher);
    return { [Symbol.dispose]: () => this.#watchers.delete(watcher) };
  }

  /** Tells all of them soon, once for all that changes until then. */
  notify(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    queueMicrotask(() => {
      this.#isTelling = false;
      for (const watcher of this.#watchers) watcher();
    });
  }

  /** Tells nobody any more. */
  clear(): void {
    this.#watchers.clear();
  }
}
