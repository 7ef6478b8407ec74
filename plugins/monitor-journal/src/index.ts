export type {
  EntryKind,
  EntryLevel,
  JournalEntry,
  JournalEntryDocument,
  JournalGroup,
  JournalPage,
  JournalSummaryDocument,
} from "./entry.js";
export { type JournalOptions, journalOptions } from "./options.js";
export { plugin } from "./plugin.js";
