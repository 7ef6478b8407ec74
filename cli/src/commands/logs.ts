import { setTimeout as pause } from "node:timers/promises";
import type { JournalEntry, JournalEntryDocument, JournalPage, JournalSummaryDocument } from "@plinth/monitor-journal";
import { apiPath, type ManagementClient } from "../api/management-client.js";
import { serverSentEvents } from "../api/server-sent-events.js";
import { CommandFailure, EXIT_NOT_FOUND, EXIT_UNREACHABLE, EXIT_USAGE, exitOnError } from "../exit.js";
import { entryText, groupsText } from "../output/journal-text.js";
import { printDocument } from "../output/print-document.js";
import { clientOf, type ManagementOptions } from "./management-options.js";

export interface LogsOptions extends ManagementOptions {
  readonly follow?: boolean;
  readonly model?: string;
  readonly modelVersion?: string;
  readonly level?: string;
  readonly kind?: string;
  readonly reason?: string;
  readonly text?: string;
  readonly since?: string;
  readonly until?: string;
  readonly group?: boolean;
  readonly entry?: string;
  readonly limit: number;
}

/** Pause before a stream that has ended is asked for again, in milliseconds. */
const RETRY_MS = 1_000;

const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The oldest first, as people read logs. */
export function logsCommand(options: LogsOptions): Promise<void> {
  return exitOnError(async () => {
    const client = clientOf(options);
    if (options.entry !== undefined) return printEntry(client, options.entry, options);
    const filter = filterOf(options);
    const range = { ...filter, ...rangeOf(options) };
    if (options.group === true) return printGroups(client, new URLSearchParams(range), options);
    const query = new URLSearchParams({ ...range, limit: String(options.limit) });
    const page = await asJournal(client.get<JournalPage>(`/api/journal?${query}`));
    const entries = [...page.items].reverse();
    if (options.follow !== true) {
      printDocument(page, options.output, () => entries.map(lineOf).join("\n") || "Nothing was found.");
      return;
    }
    for (const entry of entries) print(entry, options);
    await follow(client, new URLSearchParams(filter), entries.at(-1)?.id ?? 0, options);
  });
}

async function printEntry(client: ManagementClient, id: string, { output }: LogsOptions): Promise<void> {
  const entry = await client.get<JournalEntryDocument>(`${apiPath("journal", "entries")}/${encodeURIComponent(id)}`);
  printDocument(entry, output, entryText);
}

async function printGroups(client: ManagementClient, query: URLSearchParams, { output }: LogsOptions): Promise<void> {
  const summary = await asJournal(client.get<JournalSummaryDocument>(`/api/journal/summary?${query}`));
  printDocument(summary, output, groupsText);
}

/** Goes on after an entry until the process is ended; a server that has gone is waited for. */
async function follow(
  client: ManagementClient,
  filter: URLSearchParams,
  afterId: number,
  options: LogsOptions,
): Promise<void> {
  let lastId = String(afterId);
  for (;;) {
    try {
      const response = await client.send("GET", `/api/journal/stream?${filter}`, {
        headers: { "last-event-id": lastId },
      });
      for await (const { id, data } of serverSentEvents(response.body ?? new ReadableStream())) {
        lastId = id ?? lastId;
        print(JSON.parse(data), options);
      }
    } catch (thrown) {
      if (thrown instanceof CommandFailure && thrown.exitCode !== EXIT_UNREACHABLE) throw thrown;
      if (thrown instanceof SyntaxError) throw thrown;
    }
    await pause(RETRY_MS);
  }
}

function print(entry: JournalEntry, { output }: LogsOptions): void {
  if (output === "yaml") printDocument([entry], output, () => "");
  else process.stdout.write(`${output === "json" ? JSON.stringify(entry) : lineOf(entry)}\n`);
}

/** As `2026-01-01T12:00:00.000Z ERROR state digits/2 Version 2 of ...`. Nothing in it may move the cursor. */
function lineOf({ at, level, kind, model, version, message, reason, requestId }: JournalEntry): string {
  const what = model === undefined ? "" : ` ${model}${version === undefined ? "" : `/${version}`}`;
  const facts = [reason, requestId && `request ${requestId}`].filter((fact) => fact !== undefined && fact !== "");
  const line = `${at} ${level.toUpperCase().padEnd(5)} ${kind}${what} ${message}${facts.length > 0 ? ` (${facts.join(", ")})` : ""}`;
  return line.replace(/[\p{Cc}\u2028\u2029]+/gu, " ");
}

function filterOf({ model, modelVersion, level, kind, reason, text }: LogsOptions): Record<string, string> {
  const all = { model, version: modelVersion, level, kind, reason, text };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

function rangeOf({ since, until }: LogsOptions): Record<string, string> {
  return {
    ...(since !== undefined && { since: timeOf("--since", since) }),
    ...(until !== undefined && { until: timeOf("--until", until) }),
  };
}

/** A time as it is, or so long ago. */
function timeOf(option: string, since: string): string {
  const [, count, unit = ""] = /^([0-9]{1,6})([smhd])$/.exec(since) ?? [];
  const ms = count === undefined ? Date.parse(since) : Date.now() - Number(count) * (UNITS_MS[unit] ?? 0);
  if (Number.isFinite(ms)) return new Date(ms).toISOString();
  throw new CommandFailure(
    `${option}: expected a time as 2026-01-31T12:00:00Z, or how long ago as 30s, 5m, 2h or 7d, got ${JSON.stringify(since)}`,
    EXIT_USAGE,
  );
}

async function asJournal<T>(asking: Promise<T>): Promise<T> {
  try {
    return await asking;
  } catch (thrown) {
    if (!(thrown instanceof CommandFailure) || thrown.exitCode !== EXIT_NOT_FOUND) throw thrown;
    throw new CommandFailure(
      "This server keeps no journal. Have it kept with `monitors: [{ use: journal }]` in its configuration",
      EXIT_NOT_FOUND,
    );
  }
}
