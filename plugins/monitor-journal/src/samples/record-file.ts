import { type FileHandle, mkdir, open, readdir, readFile, rm, truncate } from "node:fs/promises";
import { join } from "node:path";
import { type Logger, PlinthError } from "@plinth/core";
import { tfRecord, wholeRecords } from "./tf-record.js";

const NAME = /^requests-[0-9]{15}\.tfrecord$/;

/** Files of sampled requests that are kept, the one that is being written included. */
const MAX_FILES = 8;

/** Longest that a record waits for others to be written together with, in milliseconds: a write of its own costs more than the rest of it. */
const FLUSH_INTERVAL_MS = 200;

/** Most bytes that wait to be written. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

/**
 * Sampled requests as TFRecord files, of which the oldest goes first. They are written some at a time, in the order of the calls; what
 * cannot be written is lost.
 */
export class RecordFiles implements AsyncDisposable {
  readonly #directory: string;
  readonly #fileBytes: number;
  readonly #logger: Logger;
  #names: string[] = [];
  #current: { readonly handle: FileHandle; bytes: number } | undefined;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #hasFailed = false;

  /** @param maxBytes of all files together */
  constructor(directory: string, maxBytes: number, logger: Logger) {
    this.#directory = directory;
    this.#fileBytes = Math.floor(maxBytes / MAX_FILES);
    this.#logger = logger;
  }

  async start(): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    this.#names = (await readdir(this.#directory)).filter((name) => NAME.test(name)).sort();
    const newest = this.#names.at(-1);
    if (newest === undefined) return;
    const path = join(this.#directory, newest);
    const bytes = wholeRecords(await readFile(path));
    await truncate(path, bytes);
    this.#current = { handle: await open(path, "a"), bytes };
  }

  add(data: Uint8Array): void {
    if (this.#waitingBytes > MAX_WAITING_BYTES) return;
    const record = tfRecord(data);
    this.#waiting.push(record);
    this.#waitingBytes += record.length;
    this.#timer ??= setTimeout(() => void this.#flush(), FLUSH_INTERVAL_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#flush();
    const current = this.#current;
    this.#current = undefined;
    await current?.handle.close();
  }

  async #flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const records = this.#waiting;
    this.#waiting = [];
    for (const part of this.#parts(records)) this.#writing = this.#writing.then(() => this.#write(part));
    await this.#writing;
  }

  /** Records that go into one file together. */
  #parts(records: readonly Buffer[]): readonly Buffer[] {
    const parts: Buffer[][] = [];
    let bytes = Number.POSITIVE_INFINITY;
    for (const record of records) {
      if (bytes + record.length > this.#fileBytes) {
        parts.push([]);
        bytes = 0;
      }
      parts.at(-1)?.push(record);
      bytes += record.length;
    }
    return parts.map((part) => Buffer.concat(part));
  }

  async #write(part: Buffer): Promise<void> {
    this.#waitingBytes -= part.length;
    try {
      const current = await this.#fileFor(part.length);
      try {
        await current.handle.appendFile(part);
        current.bytes += part.length;
      } catch (error) {
        await current.handle.truncate(current.bytes).catch(() => {});
        throw error;
      }
      this.#hasFailed = false;
    } catch (thrown) {
      if (this.#hasFailed) return;
      this.#hasFailed = true;
      this.#logger.error("Sampled requests cannot be written; they are lost until that works again", {
        error: PlinthError.from(thrown),
      });
    }
  }

  async #fileFor(bytes: number): Promise<{ readonly handle: FileHandle; bytes: number }> {
    const current = this.#current;
    if (current !== undefined && (current.bytes === 0 || current.bytes + bytes <= this.#fileBytes)) return current;
    const name = `requests-${String(Date.now()).padStart(15, "0")}.tfrecord`;
    const made = { handle: await open(join(this.#directory, name), "a", 0o600), bytes: 0 };
    await current?.handle.close();
    this.#current = made;
    this.#names.push(name);
    for (const oldest of this.#names.splice(0, Math.max(0, this.#names.length - MAX_FILES))) {
      await rm(join(this.#directory, oldest), { force: true });
    }
    return made;
  }
}
