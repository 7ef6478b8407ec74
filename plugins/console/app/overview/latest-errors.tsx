import { useMemo } from "preact/hooks";
import { Link } from "wouter-preact";
import { useResource } from "../api/use-resource.js";
import type { Group, JournalSummary } from "../journal/journal-documents.js";
import { whose } from "../journal/journal-groups.js";
import { LevelBadge } from "../journal/level-badge.js";
import { ago, count } from "../parts/format.js";
import { Empty } from "../parts/notice.js";

const SHOWN = 5;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** What went wrong most in the last hour; nothing where the server keeps no journal. */
export function LatestErrors() {
  const minute = Math.floor(Date.now() / MINUTE_MS);
  const since = useMemo(() => new Date(minute * MINUTE_MS - HOUR_MS).toISOString(), [minute]);
  const { document } = useResource<JournalSummary>(`/api/journal/summary?level=warn&steps=1&since=${since}`, 10_000);
  if (document === undefined) return null;
  return (
    <section class="card" aria-labelledby="wrong">
      <h2 id="wrong">Went wrong in the last hour</h2>
      {document.groups.length === 0 && <Empty>Nothing.</Empty>}
      <ul class="plain">
        {document.groups.slice(0, SHOWN).map((group) => (
          <li key={`${group.reason} ${group.kind} ${group.model} ${group.version}`}>
            <Link href={addressOf(group)}>
              <LevelBadge level={group.level}>{group.reason ?? group.kind}</LevelBadge>
            </Link>{" "}
            <span class="figure">{count(group.count)} ×</span> {whose(group)}{" "}
            <span class="quiet">{ago(group.lastAt)}</span>
          </li>
        ))}
      </ul>
      {document.groups.length > 0 && <Link href="/errors?span=1h">All of it</Link>}
    </section>
  );
}

function addressOf({ kind, reason, model, version }: Group): string {
  const search = Object.entries({ span: "1h", kind, reason, model, version });
  return `/errors?${new URLSearchParams(search.flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])))}`;
}
