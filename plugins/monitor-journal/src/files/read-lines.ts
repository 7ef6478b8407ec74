import { readFile } from "node:fs/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { JournalEntry } from "../entry.js";
import type { JournalPart } from "../journal-store.js";

const NEWLINE = 0x0a;

/** As much of a segment is read as entries in one turn of the event loop: a millisecond or two. */
const PART_BYTES = 256 * 1024;

/**
 * The entries of a segment, newest first, in parts; requests are answered between them. Lines that are none are left out: a disk may have
 * lost what a power cut caught.
 */
export async function* entriesBackwards(path: string): AsyncGenerator<JournalPart> {
  const content = await readFile(path);
  for (let end = content.length; end > 0; ) {
    const start = end <= PART_BYTES ? 0 : startOfLine(content, end - PART_BYTES, end);
    const lines = content.toString("utf8", start, end).split("\n");
    yield { entries: lines.flatMap((line) => entryOf(line) ?? []).reverse(), bytes: end - start };
    end = start;
    await nextTurn();
  }
}

/** The first start of a line from `from` on that leaves something before `end`; else that of the line in which `from` is. */
function startOfLine(content: Buffer, from: number, end: number): number {
  const after = content.indexOf(NEWLINE, from) + 1;
  return after > 0 && after < end ? after : content.lastIndexOf(NEWLINE, from) + 1;
}

/** What of a segment is whole: up to and with its last line that is an entry, and that entry. */
export function wholePart(content: Buffer): { readonly bytes: number; readonly last: JournalEntry | undefined } {
  let end = content.lastIndexOf(NEWLINE) + 1;
  while (end > 0) {
    const start = content.lastIndexOf(NEWLINE, end - 2) + 1;
    const last = entryOf(content.toString("utf8", start, end - 1));
    if (last !== undefined) return { bytes: end, last };
    end = start;
  }
  return { bytes: 0, last: undefined };
}

function entryOf(line: string): JournalEntry | undefined {
  if (line === "") return undefined;
  try {
    const entry = JSON.parse(line) as Partial<JournalEntry>;
    return Number.isSafeInteger(entry.id) && typeof entry.at === "string" ? (entry as JournalEntry) : undefined;
  } catch {
    return undefined;
  }
}
