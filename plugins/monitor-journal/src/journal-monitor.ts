import type { Logger, Monitor, PlinthError, RequestFinished, Sampling, ServerEvent } from "@plinth/core";
import {
  deploymentEntry,
  errorEntry,
  failureEntry,
  sampleEntry,
  shadowEntry,
  stateEntry,
  surplusEntry,
} from "./entries-of-events.js";
import type { JournalEntry, NewEntry } from "./entry.js";
import { FailureBudget } from "./failure-budget.js";
import { type FoundEntries, JournalFiles } from "./files/journal-files.js";
import { JournalWriter } from "./files/journal-writer.js";
import type { JournalQuery } from "./journal-query.js";
import type { JournalOptions } from "./options.js";
import { predictionLog } from "./samples/prediction-log.js";
import { RecordFiles } from "./samples/record-file.js";

export interface JournalMonitorOptions extends JournalOptions {
  readonly logger: Logger;
}

/** How often failures beyond the budget are told of, in milliseconds. */
const SURPLUS_INTERVAL_MS = 1_000;

/** Writes down what happens, and finds it again. */
export class JournalMonitor implements Monitor {
  readonly name = "journal";
  readonly sampling: Sampling | undefined;
  readonly #options: JournalMonitorOptions;
  readonly #files: JournalFiles;
  readonly #writer: JournalWriter;
  readonly #records: RecordFiles | undefined;
  readonly #budget: FailureBudget;
  readonly #shares: ReadonlyMap<string, number>;
  #surplusTimer: NodeJS.Timeout | undefined;

  /** @param options with an absolute directory */
  constructor(options: JournalMonitorOptions) {
    const { directory, maxBytes, maxAgeMs, fsync, failures, requests, logger } = options;
    const keepsRecords = requests.formats.includes("tfrecord");
    this.#options = options;
    // Sampled requests in files of their own get half of the space.
    const share = keepsRecords ? Math.floor(maxBytes / 2) : maxBytes;
    this.#files = new JournalFiles({ directory, maxBytes: share, maxAgeMs, fsyncs: fsync === "each-write" });
    this.#writer = new JournalWriter(this.#files, fsync === "each-second", logger);
    this.#records = keepsRecords ? new RecordFiles(directory, share, logger) : undefined;
    this.#budget = new FailureBudget(failures.maxPerSecond);
    this.#shares = new Map(Object.entries(requests.models));
    const isSampled = requests.share > 0 || this.#shares.size > 0 || failures.inputs;
    if (isSampled) {
      this.sampling = {
        share: requests.share,
        models: this.#shares,
        failed: failures.inputs,
        maxBytes: requests.maxTensorBytes,
      };
    }
  }

  async start(): Promise<void> {
    await this.#writer.start();
    await this.#records?.start();
    this.#surplusTimer = setInterval(() => this.#tellSurplus(), SURPLUS_INTERVAL_MS);
    this.#surplusTimer.unref();
    this.#writer.write({
      at: new Date().toISOString(),
      level: "info",
      kind: "server",
      message: "The server has been started",
      details: { pid: process.pid },
    });
  }

  observe(event: ServerEvent): void {
    const entry = this.#entryOf(event);
    if (entry !== undefined) this.#writer.write(entry);
  }

  /** Entries that were lost since the start because writing could not keep up. */
  get dropped(): number {
    return this.#writer.dropped;
  }

  /** What is to be found now, that which was not yet written included. */
  async find(query: JournalQuery): Promise<FoundEntries> {
    await this.#writer.flush();
    return this.#files.find(query);
  }

  /** Has each new entry told. */
  listen(listener: (entry: JournalEntry) => void): Disposable {
    return this.#writer.listen(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#surplusTimer);
    this.#tellSurplus();
    await this.#writer[Symbol.asyncDispose]();
    await this.#records?.[Symbol.asyncDispose]();
  }

  #entryOf(event: ServerEvent): NewEntry | undefined {
    switch (event.type) {
      case "request-finished":
        return event.error === undefined ? this.#sampled(event) : this.#failed(event, event.error);
      case "version-state-changed":
        return stateEntry(event);
      case "deployment-changed":
        return deploymentEntry(event);
      case "shadow-compared":
        return shadowEntry(event);
      case "error-occurred":
        return errorEntry(event);
      default:
        return undefined;
    }
  }

  #failed(event: RequestFinished, error: PlinthError): NewEntry | undefined {
    const { failures, requests } = this.#options;
    if (!this.#budget.take(error.reason, Date.now())) return undefined;
    return failureEntry(event, error, failures.inputs, requests.redact);
  }

  #sampled(event: RequestFinished): NewEntry | undefined {
    const { requests } = this.#options;
    if (event.sample === undefined) return undefined;
    const share = this.#shares.get(event.model ?? "") ?? requests.share;
    if (event.sample.drawn >= share) return undefined;
    this.#records?.add(predictionLog(event, share, requests.redact));
    return requests.formats.includes("json") ? sampleEntry(event, requests.redact) : undefined;
  }

  #tellSurplus(): void {
    const surplus = this.#budget.takeSurplus();
    if (surplus !== undefined) this.#writer.write(surplusEntry(surplus));
  }
}
