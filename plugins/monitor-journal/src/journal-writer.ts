import { type Logger, PlinthError } from "@plinth/core";
import type { JournalEntry, NewEntry } from "./entry.js";
import type { JournalStore } from "./journal-store.js";

/** Longest that an entry waits for others to be written together with, in milliseconds. */
const FLUSH_INTERVAL_MS = 50;

/** Most entries that wait. Further ones are left out and counted. */
const MAX_WAITING = 10_000;

/** Longest pause after a write that failed, in milliseconds. */
const MAX_RETRY_MS = 30_000;

/** How often what is old is looked for, and what is written forced to the disk where that is asked for, in milliseconds. */
const UPKEEP_INTERVAL_MS = 1_000;

/** Numbers entries, tells those that listen, and writes many at a time. Never throws: what cannot be written is counted and logged. */
export class JournalWriter implements AsyncDisposable {
  readonly #store: JournalStore;
  readonly #syncsEachSecond: boolean;
  readonly #logger: Logger;
  readonly #listeners = new Set<(entry: JournalEntry) => void>();
  #waiting: JournalEntry[] = [];
  #nextId = 1;
  #dropped = 0;
  #failures = 0;
  #writing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #upkeep: NodeJS.Timeout | undefined;
  #isOpen = false;

  constructor(store: JournalStore, syncsEachSecond: boolean, logger: Logger) {
    this.#store = store;
    this.#syncsEachSecond = syncsEachSecond;
    this.#logger = logger;
  }

  /** Entries that were lost since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  async start(): Promise<void> {
    await this.#store.start();
    this.#nextId = this.#store.nextId;
    this.#isOpen = true;
    this.#upkeep = setInterval(() => void this.#keepUp(), UPKEEP_INTERVAL_MS);
    this.#upkeep.unref();
  }

  write(entry: NewEntry): void {
    if (!this.#isOpen) return;
    if (this.#waiting.length >= MAX_WAITING) {
      this.#dropped++;
      return;
    }
    const numbered = { id: this.#nextId++, ...entry };
    this.#waiting.push(numbered);
    for (const listener of this.#listeners) listener(numbered);
    this.#timer ??= setTimeout(() => void this.flush(), FLUSH_INTERVAL_MS * 2 ** Math.min(this.#failures, 10));
  }

  /** Has each new entry told. */
  listen(listener: (entry: JournalEntry) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  /** Settles when all that waits is written, or cannot be. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#write());
    await this.#writing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const wasOpen = this.#isOpen;
    this.#isOpen = false;
    clearInterval(this.#upkeep);
    if (wasOpen) await this.flush();
    clearTimeout(this.#timer);
    await this.#store.close();
  }

  async #write(): Promise<void> {
    const entries = this.#waiting;
    if (entries.length === 0) return;
    this.#waiting = [];
    try {
      await this.#store.append(entries);
      if (this.#failures > 0) this.#logger.info("The journal can be written again");
      this.#failures = 0;
    } catch (thrown) {
      this.#failed(entries, thrown);
    }
  }

  /** What could not be written waits for the next time, as far as there is room. */
  #failed(entries: readonly JournalEntry[], thrown: unknown): void {
    const error = PlinthError.from(thrown);
    if (this.#failures++ === 0) this.#logger.error("The journal cannot be written; it is tried again", { error });
    this.#waiting = [...entries, ...this.#waiting];
    this.#dropped += Math.max(0, this.#waiting.length - MAX_WAITING);
    this.#waiting.length = Math.min(this.#waiting.length, MAX_WAITING);
    if (!this.#isOpen) return;
    const delayMs = Math.min(MAX_RETRY_MS, FLUSH_INTERVAL_MS * 2 ** Math.min(this.#failures, 20));
    this.#timer ??= setTimeout(() => void this.flush(), delayMs);
  }

  async #keepUp(): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      try {
        if (this.#syncsEachSecond) await this.#store.sync();
        await this.#store.forgetOld(Date.now());
      } catch (error) {
        this.#logger.warn("The journal cannot be kept within its bounds", { error });
      }
    });
    await this.#writing;
  }
}
