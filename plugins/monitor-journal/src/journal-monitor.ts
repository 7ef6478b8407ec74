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
import type { JournalEntry, JournalPage, NewEntry } from "./entry.js";
import { FailureBudget } from "./failure-budget.js";
import { JournalFiles } from "./files/journal-files.js";
import type { JournalFilter, JournalQuery } from "./journal-query.js";
import { allEntries, type FoundEntries, findEntries, findEntry, visitEntries } from "./journal-search.js";
import type { JournalStore } from "./journal-store.js";
import { JournalSummary, type Summary, type SummaryRange, stepLengthMs } from "./journal-summary.js";
import { JournalWriter } from "./journal-writer.js";
import { JournalMemory } from "./memory/journal-memory.js";
import type { JournalOptions } from "./options.js";
import type { SampledRequests } from "./samples/sampled-requests.js";
import { ignoresSuccess, samplingOf } from "./wanted-requests.js";

export interface JournalMonitorOptions extends JournalOptions {
  /** When the server was started, in milliseconds since the epoch. Default: when this is. */
  readonly startedAtMs?: number;
  readonly logger: Logger;
}

/** How often failures beyond the budget are told of, in milliseconds. */
const SURPLUS_INTERVAL_MS = 1_000;

/** Writes down what happens, and finds it again. */
export class JournalMonitor implements Monitor {
  readonly name = "journal";
  readonly sampling: Sampling | undefined;
  readonly ignoresSuccess: boolean;
  /** Where entries are kept, and within which bounds. */
  readonly kept: JournalPage["kept"];
  readonly #options: JournalMonitorOptions;
  readonly #store: JournalStore;
  readonly #writer: JournalWriter;
  #records: SampledRequests | undefined;
  readonly #budget: FailureBudget;
  readonly #shares: ReadonlyMap<string, number>;
  #surplusTimer: NodeJS.Timeout | undefined;

  /** @param options with an absolute directory */
  constructor(options: JournalMonitorOptions) {
    const { directory, keep, maxBytes, maxAgeMs, fsync, failures, requests, logger } = options;
    this.#options = options;
    // Sampled requests in files of their own get half of the space.
    const share = this.#keepsRecords ? Math.floor(maxBytes / 2) : maxBytes;
    this.#store =
      keep === "memory"
        ? new JournalMemory({ maxBytes: share, maxAgeMs })
        : new JournalFiles({ directory, maxBytes: share, maxAgeMs, fsyncs: fsync === "each-write" });
    this.kept = { in: keep, maxBytes: share, maxAgeMs };
    this.#writer = new JournalWriter(this.#store, fsync === "each-second", logger);
    this.#budget = new FailureBudget(failures.maxPerSecond);
    this.#shares = new Map(Object.entries(requests.models));
    this.ignoresSuccess = ignoresSuccess(options);
    this.sampling = samplingOf(options);
  }

  async start(): Promise<void> {
    await this.#writer.start();
    if (this.#keepsRecords) await this.#startRecords();
    this.#surplusTimer = setInterval(() => this.#tellSurplus(), SURPLUS_INTERVAL_MS);
    this.#surplusTimer.unref();
    this.#writer.write({
      at: new Date(this.#options.startedAtMs ?? Date.now()).toISOString(),
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
    return findEntries(this.#store, query);
  }

  /** One entry, where it is still kept. */
  async entry(id: number): Promise<JournalEntry | undefined> {
    await this.#writer.flush();
    return findEntry(this.#store, id);
  }

  /** All of a range, newest first, in parts. */
  async *all(query: JournalFilter & Pick<JournalQuery, "since" | "until">): AsyncGenerator<readonly JournalEntry[]> {
    await this.#writer.flush();
    yield* allEntries(this.#store, query);
  }

  /** How much of it happened when, and what most often. */
  async summarise(
    filter: JournalFilter,
    range: SummaryRange,
  ): Promise<Summary & { readonly stepMs: number; readonly lookedBackToMs: number | undefined }> {
    await this.#writer.flush();
    const summary = new JournalSummary(range, filter.reason);
    const [since, until] = [range.sinceMs, range.untilMs].map((ms) => new Date(ms).toISOString());
    const lookedBackToMs = await visitEntries(this.#store, { ...filter, since, until }, (entry) => summary.add(entry));
    return { ...summary.finish(), stepMs: stepLengthMs(range), lookedBackToMs };
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

  get #keepsRecords(): boolean {
    return this.#options.requests.formats.includes("tfrecord");
  }

  /** TensorFlow's messages are imported only where somebody wants them. */
  async #startRecords(): Promise<void> {
    const { SampledRequests } = await import("./samples/sampled-requests.js");
    const { directory, requests, logger } = this.#options;
    this.#records = new SampledRequests(directory, this.kept.maxBytes, requests.redact, logger);
    await this.#records.start();
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
    this.#records?.add(event, share);
    return requests.formats.includes("json") ? sampleEntry(event, requests.redact) : undefined;
  }

  #tellSurplus(): void {
    const surplus = this.#budget.takeSurplus();
    if (surplus !== undefined) this.#writer.write(surplusEntry(surplus));
  }
}
