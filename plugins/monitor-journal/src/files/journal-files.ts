import { type FileHandle, mkdir, open, readdir, readFile, rm, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import type { JournalEntry } from "../entry.js";
import type { JournalPart, JournalRange, JournalStore } from "../journal-store.js";
import { entriesBackwards, wholePart } from "./read-lines.js";
import { type Segment, segmentOf, segmentsAmong } from "./segment-names.js";

export interface JournalFilesOptions {
  /** Absolute. */
  readonly directory: string;
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  /** Whether each write is forced to the disk. */
  readonly fsyncs: boolean;
}

/** A segment is this large at most, or a sixteenth of everything, so that little goes at once. */
const MAX_SEGMENT_BYTES = 8 * 1024 * 1024;

const SEGMENTS = 16;

/**
 * Entries as lines of JSON in a chain of files, to which is only ever appended. One process writes at a time.
 *
 * What was begun when the process or the machine died is the last line, which is cut at the next start; lines in the middle that a disk
 * has lost are passed over.
 */
export class JournalFiles implements JournalStore {
  readonly #options: JournalFilesOptions;
  readonly #segmentBytes: number;
  #segments: Segment[] = [];
  #sizes = new Map<string, number>();
  #current: { readonly segment: Segment; readonly handle: FileHandle } | undefined;
  #nextId = 1;

  constructor(options: JournalFilesOptions) {
    this.#options = options;
    this.#segmentBytes = Math.min(MAX_SEGMENT_BYTES, Math.floor(options.maxBytes / SEGMENTS));
  }

  get nextId(): number {
    return this.#nextId;
  }

  /** Makes the folder, cuts a torn end, and goes on where it was. */
  async start(): Promise<void> {
    const { directory } = this.#options;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    this.#segments = [...segmentsAmong(await readdir(directory))];
    for (const { name } of this.#segments) this.#sizes.set(name, (await stat(join(directory, name))).size);
    const newest = this.#segments.at(-1);
    if (newest === undefined) return;
    const path = join(directory, newest.name);
    const { bytes, last } = wholePart(await readFile(path));
    await truncate(path, bytes);
    this.#sizes.set(newest.name, bytes);
    this.#nextId = last === undefined ? newest.firstId : last.id + 1;
    this.#current = { segment: newest, handle: await open(path, "a") };
  }

  async append(entries: readonly JournalEntry[]): Promise<void> {
    const [first] = entries;
    const last = entries.at(-1);
    if (first === undefined || last === undefined) return;
    const text = Buffer.from(entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
    const { segment, handle } = await this.#segmentFor(first, text.length);
    const size = this.#sizes.get(segment.name) ?? 0;
    try {
      await writeAll(handle, text);
    } catch (error) {
      // A full disk has taken a part of it.
      await handle.truncate(size).catch(() => {});
      throw error;
    }
    this.#nextId = last.id + 1;
    this.#sizes.set(segment.name, size + text.length);
    if (this.#options.fsyncs) await handle.datasync();
  }

  async sync(): Promise<void> {
    await this.#current?.handle.datasync();
  }

  /** Removes what is beyond the bounds, whole segments at a time, but never the one that is being written. */
  async forgetOld(nowMs: number): Promise<void> {
    const { directory, maxBytes, maxAgeMs } = this.#options;
    let total = [...this.#sizes.values()].reduce((sum, size) => sum + size, 0);
    while (this.#segments.length > 1) {
      const [oldest, next] = this.#segments;
      if (oldest === undefined || next === undefined) return;
      // All of its entries are older than the next segment.
      if (total <= maxBytes && nowMs - next.sinceMs <= maxAgeMs) return;
      await rm(join(directory, oldest.name), { force: true });
      total -= this.#sizes.get(oldest.name) ?? 0;
      this.#sizes.delete(oldest.name);
      this.#segments.shift();
    }
  }

  /** Looks through the segments from the newest back. */
  async *walk({ before, sinceMs, untilMs }: JournalRange): AsyncGenerator<JournalPart> {
    for (const segment of [...this.#segments].reverse()) {
      if (segment.firstId >= before || segment.sinceMs > untilMs) continue;
      yield* this.#partsOf(segment);
      if (segment.sinceMs < sinceMs) return;
    }
  }

  async close(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    await current?.handle.close();
  }

  async *#partsOf({ name }: Segment): AsyncGenerator<JournalPart> {
    try {
      yield* entriesBackwards(join(this.#options.directory, name));
    } catch (error) {
      // It has been forgotten meanwhile.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }

  async #segmentFor(first: JournalEntry, bytes: number): Promise<{ segment: Segment; handle: FileHandle }> {
    const current = this.#current;
    const size = current === undefined ? 0 : (this.#sizes.get(current.segment.name) ?? 0);
    if (current !== undefined && (size === 0 || size + bytes <= this.#segmentBytes)) return current;
    const segment = segmentOf(first.id, Date.parse(first.at));
    const handle = await open(join(this.#options.directory, segment.name), "a", 0o600);
    await this.close();
    this.#current = { segment, handle };
    this.#segments.push(segment);
    this.#sizes.set(segment.name, 0);
    await this.forgetOld(Date.parse(first.at));
    return { segment, handle };
  }
}

async function writeAll(handle: FileHandle, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at)).bytesWritten;
}
