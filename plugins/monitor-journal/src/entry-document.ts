import type { JournalEntry, JournalEntryDocument } from "./entry.js";

/** Where the journal is. */
export const JOURNAL = "/api/journal";

/** An entry as it is sent. */
export function entryDocument(entry: JournalEntry): JournalEntryDocument {
  return { ...entry, _links: { self: { href: `${JOURNAL}/entries/${entry.id}` } } };
}
