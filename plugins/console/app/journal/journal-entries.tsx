import { Link } from "wouter-preact";
import { momentWithSeconds } from "../parts/format.js";
import { Empty } from "../parts/notice.js";
import type { Entry } from "./journal-documents.js";
import { whose } from "./journal-groups.js";
import { LevelBadge } from "./level-badge.js";

interface JournalEntriesProps {
  readonly entries: readonly Entry[];
  /** The one that is shown in full. */
  readonly chosen: string | undefined;
  /** The page's address with this entry shown in full. */
  readonly addressOf: (id: number) => string;
}

/** One after the other, the newest first. */
export function JournalEntries({ entries, chosen, addressOf }: JournalEntriesProps) {
  if (entries.length === 0) return <Empty>Nothing was found.</Empty>;
  return (
    <ol class="entries">
      {entries.map((entry) => (
        <li key={entry.id}>
          <Link
            class="entry-line"
            href={addressOf(entry.id)}
            {...(String(entry.id) === chosen && { "aria-current": "true" })}
          >
            <time class="quiet" dateTime={entry.at}>
              {momentWithSeconds(entry.at)}
            </time>
            <LevelBadge level={entry.level}>{entry.reason ?? entry.kind}</LevelBadge>
            <span class="whose">{whose(entry)}</span>
            <span class="message">{entry.message}</span>
          </Link>
        </li>
      ))}
    </ol>
  );
}
