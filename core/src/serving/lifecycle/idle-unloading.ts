import type { Servable } from "../execution/servable.js";
import type { ReclaimableVersion } from "./memory-budget.js";

/** Looks at what is in memory, for each time that a version may be idle. */
const LOOKS = 4;

/** Unloads lazy versions that nobody has used for a while. */
export class IdleUnloading implements Disposable {
  readonly #idleMs: number;
  readonly #reclaimable: () => readonly ReclaimableVersion[];
  /** The last use of each version that was seen, and when it was first seen. */
  readonly #seen = new WeakMap<Servable, { readonly lastUse: number; readonly atMs: number }>();
  #timer: NodeJS.Timeout | undefined;

  /** @param idleMs a version goes this long after its last use, or a quarter later; 0: never */
  constructor(idleMs: number, reclaimable: () => readonly ReclaimableVersion[]) {
    this.#idleMs = idleMs;
    this.#reclaimable = reclaimable;
  }

  start(): void {
    if (this.#idleMs === 0) return;
    this.#timer = setInterval(() => this.#look(), Math.max(1, this.#idleMs / LOOKS));
    this.#timer.unref();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const atMs = performance.now();
    for (const version of this.#reclaimable()) {
      const { servable } = version;
      if (servable === undefined) continue;
      const { lastUse, isHeld } = servable;
      const seen = this.#seen.get(servable);
      if (isHeld || seen?.lastUse !== lastUse) this.#seen.set(servable, { lastUse, atMs });
      else if (atMs - seen.atMs >= this.#idleMs) void version.evict(`since no request came for ${this.#idleMs} ms`);
    }
  }
}
