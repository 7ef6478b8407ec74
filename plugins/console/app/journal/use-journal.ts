import { useEffect, useMemo, useState } from "preact/hooks";
import { follow } from "../api/follow.js";
import { type Resource, useResource } from "../api/use-resource.js";
import { STEPS } from "./histogram.js";
import type { Entry, JournalPage, JournalSummary } from "./journal-documents.js";
import { filterOf, type JournalSearch, queryOf, summaryQueryOf } from "./journal-search.js";

/** How often what is new is counted anew, in milliseconds. */
const COUNT_MS = 5_000;

/** Entries that are shown at once at most. */
const MAX_ENTRIES = 1_000;

const PAGE_SIZE = 50;

export interface Journal {
  readonly page: Resource<JournalPage>;
  readonly summary: Resource<JournalSummary>;
  /** The newest first, those included that came since {@link page}. */
  readonly entries: readonly Entry[];
  /** Shows twice as many; `undefined` where there are no more, or too many. */
  readonly showMore: (() => void) | undefined;
}

/** What is found in the journal, and, while `isLive`, what comes to it. */
export function useJournal(search: JournalSearch, isLive: boolean): Journal {
  const key = queryOf(search, 0).toString();
  const [limit, setLimit] = useState(PAGE_SIZE);
  const tick = useTick(isLive && search.to === "" ? COUNT_MS : 0);
  // The times of both are taken anew when something else is looked for, and those of the summary with each tick.
  const pageQuery = useMemo(() => queryOf(search, Date.now()), [key]);
  const summaryQuery = useMemo(() => summaryQueryOf(search, Date.now(), STEPS), [key, tick]);
  const page = useResource<JournalPage>(`/api/journal?${pageQuery}&limit=${limit}`, 0);
  const summary = useKept(useResource<JournalSummary>(`/api/journal/summary?${summaryQuery}`, 0), key);
  const fresh = useStream(search, page.document, isLive && search.to === "");
  const found = page.document?.items ?? [];
  const newest = found[0]?.id ?? 0;
  const since = pageQuery.get("since") ?? "";
  const come = fresh.filter(({ id, at }) => id > newest && at >= since);
  const entries = [...come, ...found].slice(0, MAX_ENTRIES);
  const hasMore = page.document?._links.next !== undefined && limit < MAX_ENTRIES;
  return { page, summary, entries, showMore: hasMore ? () => setLimit(Math.min(MAX_ENTRIES, 2 * limit)) : undefined };
}

/** The document that was there, until the next has come. */
function useKept<Document>(resource: Resource<Document>, key: string): Resource<Document> {
  const [kept, setKept] = useState<{ readonly key: string; readonly document: Document }>();
  const { document } = resource;
  useEffect(() => {
    if (document !== undefined) setKept({ key, document });
  }, [document]);
  return { ...resource, document: document ?? (kept?.key === key ? kept.document : undefined) };
}

/** What has come since the page, the newest first. */
function useStream(search: JournalSearch, page: JournalPage | undefined, isLive: boolean): readonly Entry[] {
  const [fresh, setFresh] = useState<readonly Entry[]>([]);
  const filter = filterOf(search).toString();
  const afterId = page?.items[0]?.id;
  const isThere = page !== undefined;
  useEffect(() => {
    setFresh([]);
    if (!isLive || !isThere) return;
    const leaving = new AbortController();
    const heard = (data: string) => {
      const entry = JSON.parse(data) as Entry;
      setFresh((before) => [entry, ...before].slice(0, MAX_ENTRIES));
    };
    void follow(`/api/journal/stream?${filter}`, String(afterId ?? 0), heard, leaving.signal);
    return () => leaving.abort();
  }, [filter, afterId, isThere, isLive]);
  return fresh;
}

/** Counts up every so often while the page is seen. @param everyMs 0: never */
function useTick(everyMs: number): number {
  const [tick, setTick] = useState(0);
  useEffect(() => {
    if (everyMs === 0) return;
    const timer = window.setInterval(() => {
      if (document.visibilityState === "visible") setTick((count) => count + 1);
    }, everyMs);
    return () => window.clearInterval(timer);
  }, [everyMs]);
  return tick;
}
