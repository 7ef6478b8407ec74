import { readFile } from "node:fs/promises";
import type { JournalEntry } from "../entry.js";

const NEWLINE = 0x0a;

/** The entries of a segment, oldest first. Lines that are none are left out: a disk may have lost what a power cut caught. */
export async function readEntries(path: string): Promise<readonly JournalEntry[]> {
  const lines = (await readFile(path, "utf8")).split("\n");
  return lines.flatMap((line) => entryOf(line) ?? []);
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
