import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LogFields, Logger, RequestFinished } from "@plinth/core";
import { type JournalEntry, journalOptions } from "../src/index.js";
import { JournalMonitor } from "../src/journal-monitor.js";
import type { JournalQuery } from "../src/journal-query.js";

/** Remembers what was said. */
export class HeardLogger implements Logger {
  readonly lines: string[] = [];

  debug(message: string): void {
    this.lines.push(message);
  }
  info(message: string): void {
    this.lines.push(message);
  }
  warn(message: string): void {
    this.lines.push(message);
  }
  error(message: string, _fields?: LogFields): void {
    this.lines.push(message);
  }
  child(): Logger {
    return this;
  }
}

/** A journal in a folder of its own, that can be stopped and started again. */
export class JournalUnderTest implements AsyncDisposable {
  readonly folder: string;
  readonly logger = new HeardLogger();
  #monitor: JournalMonitor | undefined;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static monitorIn(directory: string, options: object, logger: Logger = new HeardLogger()): JournalMonitor {
    const checked = journalOptions["~standard"].validate({ directory, ...options });
    if (checked instanceof Promise || checked.issues !== undefined) throw new Error(JSON.stringify(checked));
    return new JournalMonitor({ ...checked.value, directory, logger });
  }

  static async start(options: object = {}): Promise<JournalUnderTest> {
    const subject = new JournalUnderTest(await mkdtemp(join(tmpdir(), "plinth-journal-")));
    await subject.restart(options);
    return subject;
  }

  get monitor(): JournalMonitor {
    if (this.#monitor === undefined) throw new Error("the journal was not started");
    return this.#monitor;
  }

  async restart(options: object = {}): Promise<void> {
    await this.#monitor?.[Symbol.asyncDispose]();
    this.#monitor = JournalUnderTest.monitorIn(this.folder, options, this.logger);
    await this.#monitor.start();
  }

  async find(query: Partial<JournalQuery> = {}): Promise<readonly JournalEntry[]> {
    return (await this.monitor.find({ limit: 1_000, ...query })).items;
  }

  async messages(query: Partial<JournalQuery> = {}): Promise<readonly string[]> {
    return (await this.find(query)).map(({ message }) => message);
  }

  async files(pattern: RegExp): Promise<readonly string[]> {
    return (await readdir(this.folder)).filter((name) => pattern.test(name)).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#monitor?.[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** A request that went well, but for what is said otherwise. */
export function finished(facts: Partial<RequestFinished> = {}): RequestFinished {
  return {
    type: "request-finished",
    model: "digits",
    version: 2n,
    signature: "serving_default",
    error: undefined,
    startedAtMs: Date.now(),
    durationMs: 3,
    timings: { receiveMs: 0.1, loadMs: undefined, decodeMs: 0.2, queueMs: 0.1, computeMs: 2, encodeMs: 0.3 },
    rows: 1,
    origin: { protocol: "rest", requestId: "7" },
    sample: undefined,
    ...facts,
  };
}
