import type { JournalEntry } from "./entry.js";

/** Where entries are kept, within bounds. One process writes at a time. */
export interface JournalStore {
  /** The number of the next entry. */
  readonly nextId: number;

  /** Goes on where it was, if it outlives the process. */
  start(): Promise<void>;

  /** Appends entries whose ids follow each other from {@link nextId}; settles when they are kept. */
  append(entries: readonly JournalEntry[]): Promise<void>;

  /** Forces what was kept to the disk, where there is one. */
  sync(): Promise<void>;

  /** Removes what is beyond the bounds. */
  forgetOld(nowMs: number): Promise<void>;

  /**
   * All entries of a range, newest first, in parts, between which it lets others use the thread. Entries out of the range may be among
   * them; the reader may stop at any time.
   */
  walk(range: JournalRange): AsyncIterableIterator<JournalPart>;

  close(): Promise<void>;
}

export interface JournalRange {
  /** Only entries of smaller ids. */
  readonly before: number;
  /** In milliseconds since the epoch: nothing older needs to be looked at. */
  readonly sinceMs: number;
  /** In milliseconds since the epoch: nothing that came later needs to be looked at. */
  readonly untilMs: number;
}

/** Entries that follow each other, newest first. */
export interface JournalPart {
  readonly entries: readonly JournalEntry[];
  /** What was read for them. */
  readonly bytes: number;
}

export const EVERYTHING: JournalRange = {
  before: Number.POSITIVE_INFINITY,
  sinceMs: 0,
  untilMs: Number.POSITIVE_INFINITY,
};
