import type { JournalEntry } from "./entry.js";
import { entryDocument } from "./entry-document.js";
import type { JournalMonitor } from "./journal-monitor.js";
import { type JournalFilter, matcherOf } from "./journal-query.js";

/** How often a connection without entries is kept alive, in milliseconds. */
const HEARTBEAT_MS = 15_000;

/** Entries that wait for a client; one that reads more slowly is cut off, and comes again with its last id. */
const MAX_WAITING = 1_000;

/** Entries that are told of again to a client that says which it had last. */
const MAX_REPLAYED = 1_000;

/**
 * New entries as server-sent events, each with its number as id, so that a client that comes again misses none.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html
 *
 * @param afterId what the client had last
 */
export function eventStream(
  journal: JournalMonitor,
  filter: JournalFilter,
  afterId: number | undefined,
  signal: AbortSignal,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const matches = matcherOf(filter);
  let listening: Disposable | undefined;
  let heartbeat: NodeJS.Timeout | undefined;
  const stop = () => {
    listening?.[Symbol.dispose]();
    clearInterval(heartbeat);
  };
  return new ReadableStream<Uint8Array>(
    {
      start: async (controller) => {
        const end = () => {
          stop();
          try {
            controller.close();
          } catch {
            // The client has gone.
          }
        };
        signal.addEventListener("abort", end, { once: true });
        const send = (text: string) => {
          if ((controller.desiredSize ?? 0) <= -MAX_WAITING) end();
          else controller.enqueue(encoder.encode(text));
        };
        let toldId = afterId ?? 0;
        const tell = (entry: JournalEntry) => {
          if (entry.id <= toldId || !matches(entry)) return;
          toldId = entry.id;
          send(`id: ${entry.id}\ndata: ${JSON.stringify(entryDocument(entry))}\n\n`);
        };
        send(": the journal\n\n");
        const early: JournalEntry[] = [];
        let later = (entry: JournalEntry): void => void early.push(entry);
        listening = journal.listen((entry) => later(entry));
        heartbeat = setInterval(() => send(": still here\n\n"), HEARTBEAT_MS);
        heartbeat.unref();
        if (afterId !== undefined) for (const entry of await missed(journal, filter, afterId)) tell(entry);
        for (const entry of early) tell(entry);
        later = tell;
      },
      cancel: stop,
    },
    { highWaterMark: 1 },
  );
}

/** The newest of those that a client has missed, oldest first. */
async function missed(
  journal: JournalMonitor,
  filter: JournalFilter,
  afterId: number,
): Promise<readonly JournalEntry[]> {
  const { items } = await journal.find({ ...filter, limit: MAX_REPLAYED });
  return items.filter(({ id }) => id > afterId).reverse();
}
