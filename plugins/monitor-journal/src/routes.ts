import { PlinthError, type RouteDescription } from "@plinth/core";
import {
  type JournalEntryDocument,
  type JournalPage,
  type JournalSummaryDocument,
  journalEntryDocument,
  journalPage,
  journalSummary,
} from "./entry.js";
import { entryDocument, JOURNAL } from "./entry-document.js";
import { eventStream } from "./event-stream.js";
import type { JournalMonitor } from "./journal-monitor.js";
import { journalFilter, journalQuery, journalRange, parseParameters, summaryQuery } from "./journal-query.js";
import { linesStream } from "./lines-stream.js";
import { problemResponse } from "./problem.js";

const DAY_MS = 86_400_000;

const NOT_STORED = { headers: { "cache-control": "no-store" } };

/** What is at one address of the journal, and how programs are told of it. */
interface JournalRoute {
  readonly description: RouteDescription;
  handle(journal: JournalMonitor, request: Request, params: ReadonlyMap<string, string>): Promise<Response>;
}

const ROUTES: ReadonlyMap<string, JournalRoute> = new Map<string, JournalRoute>([
  [
    JOURNAL,
    {
      description: {
        id: "listJournal",
        summary: "What happened: deployments, states of versions, errors, sampled requests.",
        link: "journal",
        query: journalQuery,
        answer: { description: "A page of entries, newest first.", schema: journalPage },
      },
      handle: async (journal, request) => Response.json(await pageOf(journal, request), NOT_STORED),
    },
  ],
  [
    `${JOURNAL}/summary`,
    {
      description: {
        id: "summariseJournal",
        summary: "How much happened when, and what most often.",
        query: summaryQuery,
        answer: { description: "Entries over time, and by reason and version.", schema: journalSummary },
      },
      handle: async (journal, request) => Response.json(await summaryOf(journal, request), NOT_STORED),
    },
  ],
  [
    `${JOURNAL}/stream`,
    {
      description: {
        id: "followJournal",
        summary: "New entries as they come, as server-sent events; Last-Event-ID goes on after an entry.",
        query: journalFilter,
        answer: { description: "Events whose data is a JournalEntryDocument.", mediaType: "text/event-stream" },
      },
      handle: async (journal, request) => streamOf(journal, request),
    },
  ],
  [
    `${JOURNAL}/download`,
    {
      description: {
        id: "downloadJournal",
        summary: "All that is found, as lines of JSON.",
        query: journalRange,
        answer: { description: "An entry a line, newest first.", mediaType: "application/jsonl" },
      },
      handle: async (journal, request) => downloadOf(journal, request),
    },
  ],
  [
    `${JOURNAL}/entries/:entry`,
    {
      description: {
        id: "getJournalEntry",
        summary: "One entry.",
        answer: { description: "All that is known of it.", schema: journalEntryDocument },
      },
      handle: async (journal, _request, params) =>
        Response.json(await entryOf(journal, params.get("entry") ?? ""), NOT_STORED),
    },
  ],
]);

/** What the management API's description tells of the route at this path. */
export function descriptionAt(path: string): RouteDescription {
  return routeAt(path).description;
}

/** Answers a request at this path, good or bad. */
export async function answerAt(
  path: string,
  journal: JournalMonitor,
  request: Request,
  params: ReadonlyMap<string, string>,
): Promise<Response> {
  try {
    return await routeAt(path).handle(journal, request, params);
  } catch (thrown) {
    return problemResponse(PlinthError.from(thrown), new URL(request.url).pathname);
  }
}

function routeAt(path: string): JournalRoute {
  const route = ROUTES.get(path);
  if (route !== undefined) return route;
  throw new PlinthError("INTERNAL", `Expected a path of the journal, got ${path}`);
}

async function pageOf(journal: JournalMonitor, { url }: Request): Promise<JournalPage> {
  const { searchParams } = new URL(url);
  const { items, nextBefore } = await journal.find(parseParameters(journalQuery, searchParams));
  const next = new URLSearchParams(searchParams);
  if (nextBefore !== undefined) next.set("before", String(nextBefore));
  return {
    items: items.map(entryDocument),
    dropped: journal.dropped,
    kept: journal.kept,
    _links: {
      self: { href: JOURNAL },
      summary: { href: `${JOURNAL}/summary` },
      stream: { href: `${JOURNAL}/stream` },
      download: { href: `${JOURNAL}/download` },
      ...(nextBefore !== undefined && { next: { href: `${JOURNAL}?${next}` } }),
    },
  };
}

async function summaryOf(journal: JournalMonitor, { url }: Request): Promise<JournalSummaryDocument> {
  const { since, until, steps, ...filter } = parseParameters(summaryQuery, new URL(url).searchParams);
  const untilMs = until === undefined ? Date.now() : Date.parse(until);
  const sinceMs = since === undefined ? untilMs - DAY_MS : Date.parse(since);
  if (!(sinceMs < untilMs)) {
    throw new PlinthError(
      "REQUEST_INVALID",
      `Expected since before until, got ${since ?? "none"} and ${until ?? "now"}`,
    );
  }
  const {
    steps: counted,
    groups,
    lookedBackToMs,
    ...counts
  } = await journal.summarise(filter, { sinceMs, untilMs, steps });
  return {
    since: new Date(sinceMs).toISOString(),
    until: new Date(untilMs).toISOString(),
    ...counts,
    steps: [...counted],
    groups: groups.map((group) => ({
      ...group,
      _links: { newest: { href: `${JOURNAL}/entries/${group.lastId}` } },
    })),
    ...(lookedBackToMs !== undefined && { lookedBackTo: new Date(lookedBackToMs).toISOString() }),
    _links: { self: { href: `${JOURNAL}/summary` }, journal: { href: JOURNAL } },
  };
}

function streamOf(journal: JournalMonitor, { url, headers, signal }: Request): Response {
  const filter = parseParameters(journalFilter, new URL(url).searchParams);
  const lastId = Number(headers.get("last-event-id") ?? Number.NaN);
  const afterId = Number.isSafeInteger(lastId) && lastId >= 0 ? lastId : undefined;
  return new Response(eventStream(journal, filter, afterId, signal), {
    headers: { "content-type": "text/event-stream", "cache-control": "no-store" },
  });
}

function downloadOf(journal: JournalMonitor, { url }: Request): Response {
  const query = parseParameters(journalRange, new URL(url).searchParams);
  const name = `journal-${new Date().toISOString().slice(0, 19).replaceAll(":", "")}.jsonl`;
  return new Response(linesStream(journal.all(query)), {
    headers: {
      "content-type": "application/jsonl",
      "content-disposition": `attachment; filename="${name}"`,
      "cache-control": "no-store",
    },
  });
}

async function entryOf(journal: JournalMonitor, text: string): Promise<JournalEntryDocument> {
  if (!/^[1-9][0-9]{0,14}$/.test(text)) {
    throw new PlinthError(
      "REQUEST_INVALID",
      `Expected the id of an entry in the path, got ${JSON.stringify(text.slice(0, 64))}`,
    );
  }
  const entry = await journal.entry(Number(text));
  if (entry !== undefined) return entryDocument(entry);
  throw new PlinthError(
    { code: "NOT_FOUND", reason: "ENTRY_NOT_FOUND" },
    `The journal holds no entry ${text}: the oldest ones go when it reaches its bounds, and one in memory with its process`,
  );
}
