export type {
  EntryKind,
  EntryLevel,
  JournalEntry,
  JournalEntryDocument,
  JournalGroup,
  JournalPage,
  JournalSummaryDocument,
} from "./entry.js";
export { JournalMonitor, type JournalMonitorOptions } from "./journal-monitor.js";
export { type JournalOptions, journalOptions } from "./options.js";
export { plugin } from "./plugin.js";
