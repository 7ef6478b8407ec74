import { type Logger, type Monitor, PlinthError, type Sampling, type ServerEvent } from "@plinth/core";
import type { JournalMonitor } from "./journal-monitor.js";
import type { JournalOptions } from "./options.js";
import { ignoresSuccess, samplingOf } from "./wanted-requests.js";

export interface LazyJournalOptions extends JournalOptions {
  readonly logger: Logger;
}

/** How long after the start a journal is opened that could as well wait, in milliseconds. */
const OPEN_AFTER_MS = 1_000;

/** Most events that wait for a journal to be opened. */
const MAX_EARLY = 10_000;

/**
 * A journal that does not hold up the start of the server. In memory it is imported and opened a moment later, or for the first request,
 * and told then what happened meanwhile. On the disk it is opened at once, so that a folder that cannot be written is told at the start;
 * and so it is where requests are sampled, whose tensors do not wait.
 */
export class LazyJournal implements Monitor {
  readonly name = "journal";
  readonly sampling: Sampling | undefined;
  readonly ignoresSuccess: boolean;
  readonly #options: LazyJournalOptions;
  #early: ServerEvent[] = [];
  #journal: JournalMonitor | undefined;
  #opening: Promise<JournalMonitor> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #startedAtMs = Date.now();
  #isDisposed = false;

  /** @param options with an absolute directory */
  constructor(options: LazyJournalOptions) {
    this.#options = options;
    this.sampling = samplingOf(options);
    this.ignoresSuccess = ignoresSuccess(options);
  }

  async start(): Promise<void> {
    this.#startedAtMs = Date.now();
    if (this.#options.keep === "files" || this.sampling !== undefined) await this.opened();
    else this.#timer = setTimeout(() => void this.#openLater(), OPEN_AFTER_MS).unref();
  }

  observe(event: ServerEvent): void {
    if (this.#journal !== undefined) this.#journal.observe(event);
    else if (this.#early.length < MAX_EARLY) this.#early.push(event);
  }

  /** The journal with all that has happened. */
  opened(): Promise<JournalMonitor> {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    clearTimeout(this.#timer);
    const journal = await this.#opening?.catch(() => undefined);
    await journal?.[Symbol.asyncDispose]();
  }

  async #open(): Promise<JournalMonitor> {
    if (this.#isDisposed) throw new PlinthError("CANCELLED", "The server is stopping");
    const { JournalMonitor } = await import("./journal-monitor.js");
    const journal = new JournalMonitor({ ...this.#options, startedAtMs: this.#startedAtMs });
    await journal.start();
    for (const event of this.#early) journal.observe(event);
    this.#early = [];
    this.#journal = journal;
    return journal;
  }

  async #openLater(): Promise<void> {
    try {
      await this.opened();
    } catch (error) {
      this.#options.logger.error("The journal cannot be opened", { error });
    }
  }
}
