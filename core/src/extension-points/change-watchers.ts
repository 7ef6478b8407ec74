/** Who wants to know that the list of a storage may have changed, for storages to offer {@link ModelStorage.watch}. */
export class ChangeWatchers {
  readonly #watchers = new Set<() => void>();

  add(changed: () => void): Disposable {
    const watcher = () => changed();
    this.#watchers.add(watcher);
    return { [Symbol.dispose]: () => this.#watchers.delete(watcher) };
  }

  /** Tells all of them soon, but for those that were disposed until then. */
  notify(): void {
    for (const watcher of this.#watchers) queueMicrotask(() => this.#watchers.has(watcher) && watcher());
  }

  /** Tells nobody any more. */
  clear(): void {
    this.#watchers.clear();
  }
}
