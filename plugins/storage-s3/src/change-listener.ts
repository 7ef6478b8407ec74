import type { Logger } from "@plinth/core";
import type { BucketLayout } from "./bucket-layout.js";
import type { ObjectStore } from "./object-store.js";

/** Pause before a connection that broke is made again, in milliseconds; doubled each time up to the longest. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/** The store says every ten seconds that it is still there; after this long without a word it is not, in milliseconds. */
const SILENT_AFTER_MS = 35_000;

/** Changes come in bursts, as the files of one version: one word about each is enough. In milliseconds. */
const BURST_MS = 50;

/** Listens to a store that tells of changes in the bucket, and goes on where the connection breaks. Polling finds what it misses. */
export class ChangeListener {
  readonly #store: ObjectStore;
  readonly #layout: BucketLayout;
  readonly #changed: () => void;
  readonly #logger: Logger;
  readonly #ending = new AbortController();
  #listening: Promise<void> = Promise.resolve();
  #burst: NodeJS.Timeout | undefined;

  constructor(store: ObjectStore, layout: BucketLayout, changed: () => void, logger: Logger) {
    this.#store = store;
    this.#layout = layout;
    this.#changed = changed;
    this.#logger = logger;
  }

  start(): void {
    this.#listening = this.#listen(this.#ending.signal);
  }

  async close(): Promise<void> {
    this.#ending.abort();
    clearTimeout(this.#burst);
    await this.#listening;
  }

  async #listen(signal: AbortSignal): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS;
    while (!signal.aborted) {
      try {
        const answer = await this.#store.changes(this.#layout.root, SILENT_AFTER_MS, signal);
        for await (const chunk of answer) {
          pauseMs = FIRST_PAUSE_MS;
          if ((chunk as Buffer).includes('"Records"')) this.#tell();
        }
      } catch (error) {
        if (signal.aborted) return;
        this.#logger.debug("The store no longer tells of changes; they are found by polling until it does again", {
          error,
        });
      }
      // What was missed in between would only be found by polling.
      this.#tell();
      await pause(pauseMs, signal);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  }

  #tell(): void {
    this.#burst ??= setTimeout(() => {
      this.#burst = undefined;
      this.#changed();
    }, BURST_MS).unref();
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(end, ms).unref();
    function end() {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    }
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
}
