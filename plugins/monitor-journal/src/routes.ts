import { type ErrorCode, PlinthError, type Route } from "@plinth/core";
import type { JournalPage } from "./entry.js";
import { eventStream } from "./event-stream.js";
import type { JournalMonitor } from "./journal-monitor.js";
import { journalFilter, journalQuery, parseParameters } from "./journal-query.js";

/** Entries in pages, for those who may manage the server. */
export function pageRoute(journal: JournalMonitor): Route {
  return {
    method: "GET",
    path: "/api/journal",
    access: "management",
    handle: (request) => answered(async () => Response.json(await pageOf(journal, request), NOT_STORED)),
  };
}

/** New entries as they come. */
export function streamRoute(journal: JournalMonitor): Route {
  return {
    method: "GET",
    path: "/api/journal/stream",
    access: "management",
    handle: (request) => answered(async () => streamOf(journal, request)),
  };
}

const NOT_STORED = { headers: { "cache-control": "no-store" } };

async function pageOf(journal: JournalMonitor, { url }: Request): Promise<JournalPage> {
  const { pathname, searchParams } = new URL(url);
  const query = parseParameters(journalQuery, searchParams);
  const { items, nextBefore } = await journal.find(query);
  const next = new URLSearchParams(searchParams);
  if (nextBefore !== undefined) next.set("before", String(nextBefore));
  return {
    items: [...items],
    dropped: journal.dropped,
    _links: {
      self: { href: pathname },
      stream: { href: `${pathname}/stream` },
      ...(nextBefore !== undefined && { next: { href: `${pathname}?${next}` } }),
    },
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

/** Errors as the management API beside it gives them (RFC 9457). */
async function answered(answer: () => Promise<Response>): Promise<Response> {
  try {
    return await answer();
  } catch (thrown) {
    const { code, reason, message } = PlinthError.from(thrown);
    const status = statusOf(code);
    const problem = { type: `urn:plinth:error:${reason}`, title: reason, status, detail: message, reason, code };
    return Response.json(problem, { status, headers: { "content-type": "application/problem+json" } });
  }
}

function statusOf(code: ErrorCode): number {
  return code === "INVALID_ARGUMENT" ? 400 : 500;
}
