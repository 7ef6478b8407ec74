import type { JournalEntry } from "./entry.js";
import { type JournalFilter, type JournalQuery, matcherOf } from "./journal-query.js";
import { EVERYTHING, type JournalRange, type JournalStore } from "./journal-store.js";

/** Most bytes that one question reads. */
const MAX_READ_BYTES = 64 * 1024 * 1024;

const DEFAULT_LIMIT = 100;

/** A page of entries, newest first. */
export interface FoundEntries {
  readonly items: readonly JournalEntry[];
  /** The entry before which to go on; `undefined`: there are no older ones. */
  readonly nextBefore: number | undefined;
}

/** Looks from the newest back, until it has enough or has read a bounded part; then the answer says where to go on. */
export async function findEntries(store: JournalStore, query: JournalQuery): Promise<FoundEntries> {
  const { limit = DEFAULT_LIMIT, before, ...filter } = query;
  const range = { ...rangeOf(query), before: before ?? Number.POSITIVE_INFINITY };
  const matches = within(range, filter);
  const items: JournalEntry[] = [];
  let readBytes = 0;
  for await (const { entries, bytes } of store.walk(range)) {
    for (const entry of entries) {
      if (!matches(entry)) continue;
      items.push(entry);
      if (items.length === limit) return { items, nextBefore: entry.id };
    }
    readBytes += bytes;
    const last = entries.at(-1);
    if (readBytes > MAX_READ_BYTES && last !== undefined) return { items, nextBefore: Math.min(last.id, range.before) };
  }
  return { items, nextBefore: undefined };
}

/** One entry, where it is still kept. */
export async function findEntry(store: JournalStore, id: number): Promise<JournalEntry | undefined> {
  for await (const { entries } of store.walk({ ...EVERYTHING, before: id + 1 })) {
    const found = entries.find((entry) => entry.id <= id);
    if (found !== undefined) return found.id === id ? found : undefined;
  }
  return undefined;
}

/**
 * Shows every entry of a question to `visit`, newest first, as far as a bounded part of the journal reaches back.
 *
 * @returns the time before which was not looked, in milliseconds since the epoch; `undefined` where all was
 */
export async function visitEntries(
  store: JournalStore,
  query: JournalFilter & Pick<JournalQuery, "since" | "until">,
  visit: (entry: JournalEntry) => void,
): Promise<number | undefined> {
  const range = rangeOf(query);
  const matches = within(range, query);
  let readBytes = 0;
  for await (const { entries, bytes } of store.walk(range)) {
    for (const entry of entries) if (matches(entry)) visit(entry);
    readBytes += bytes;
    const last = entries.at(-1);
    if (readBytes > MAX_READ_BYTES && last !== undefined) return Date.parse(last.at);
  }
  return undefined;
}

/** All that is asked for, newest first, however much it is, in parts. */
export async function* allEntries(
  store: JournalStore,
  query: JournalFilter & Pick<JournalQuery, "since" | "until">,
): AsyncGenerator<readonly JournalEntry[]> {
  const range = rangeOf(query);
  const matches = within(range, query);
  for await (const { entries } of store.walk(range)) yield entries.filter(matches);
}

export function rangeOf({ since, until }: Pick<JournalQuery, "since" | "until">): JournalRange {
  return {
    ...EVERYTHING,
    ...(since !== undefined && { sinceMs: Date.parse(since) }),
    ...(until !== undefined && { untilMs: Date.parse(until) }),
  };
}

function within({ before, sinceMs, untilMs }: JournalRange, filter: JournalFilter): (entry: JournalEntry) => boolean {
  const matches = matcherOf(filter);
  return (entry) => {
    if (entry.id >= before) return false;
    const atMs = Date.parse(entry.at);
    return atMs >= sinceMs && atMs < untilMs && matches(entry);
  };
}
