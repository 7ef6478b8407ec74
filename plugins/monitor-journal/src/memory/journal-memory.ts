import type { JournalEntry } from "../entry.js";
import type { JournalPart, JournalRange, JournalStore } from "../journal-store.js";

export interface JournalMemoryOptions {
  /** What all entries may take as JSON, the oldest goes first. */
  readonly maxBytes: number;
  readonly maxAgeMs: number;
}

/** More than are ever written in a millisecond, so that those of an earlier start are smaller. */
const IDS_PER_MS = 100;

interface Kept {
  readonly entry: JournalEntry;
  readonly bytes: number;
}

/**
 * Entries in this process's memory, gone with it. Their numbers begin at the time of the start, so that clients that
 * remember one from before a new start are not told that they have seen everything already.
 */
export class JournalMemory implements JournalStore {
  readonly #options: JournalMemoryOptions;
  #kept: Kept[] = [];
  #bytes = 0;
  #nextId = 1;

  constructor(options: JournalMemoryOptions) {
    this.#options = options;
  }

  get nextId(): number {
    return this.#nextId;
  }

  async start(): Promise<void> {
    this.#nextId = Date.now() * IDS_PER_MS;
  }

  async append(entries: readonly JournalEntry[]): Promise<void> {
    for (const entry of entries) {
      const bytes = JSON.stringify(entry).length;
      this.#kept.push({ entry, bytes });
      this.#bytes += bytes;
      this.#nextId = entry.id + 1;
    }
    this.#drop(() => this.#bytes > this.#options.maxBytes);
  }

  async sync(): Promise<void> {}

  async forgetOld(nowMs: number): Promise<void> {
    this.#drop(({ entry }) => nowMs - Date.parse(entry.at) > this.#options.maxAgeMs);
  }

  async *walk({ before }: JournalRange): AsyncGenerator<JournalPart> {
    const older = this.#kept.filter(({ entry }) => entry.id < before);
    yield {
      entries: older.map(({ entry }) => entry).reverse(),
      bytes: older.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  }

  async close(): Promise<void> {}

  /** Lets go of the oldest ones while they are to go. */
  #drop(isToGo: (oldest: Kept) => boolean): void {
    let dropped = 0;
    for (const oldest of this.#kept) {
      if (!isToGo(oldest)) break;
      this.#bytes -= oldest.bytes;
      dropped++;
    }
    if (dropped > 0) this.#kept = this.#kept.slice(dropped);
  }
}
