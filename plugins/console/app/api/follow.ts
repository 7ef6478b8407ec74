import { ask } from "./client.js";

/** Pause before a stream that has broken is asked for again, in milliseconds: doubled each time, up to the longest. */
const RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;

/**
 * Reads server-sent events until `signal` aborts, and goes on after the last one where the connection breaks. `EventSource` would do the
 * same but for the token, which it cannot show.
 */
export async function follow(
  path: string,
  afterId: string,
  heard: (data: string) => void,
  signal: AbortSignal,
): Promise<void> {
  let lastId = afterId;
  let pauseMs = RETRY_MS;
  while (!signal.aborted) {
    try {
      const { body } = await ask(path, { headers: { "last-event-id": lastId }, signal });
      pauseMs = RETRY_MS;
      for await (const { id, data } of eventsOf(body)) {
        lastId = id ?? lastId;
        heard(data);
      }
    } catch {
      // Broken, refused or given up: in all cases what counts is whether it is still wanted.
    }
    await pause(pauseMs, signal);
    pauseMs = Math.min(MAX_RETRY_MS, 2 * pauseMs);
  }
}

interface StreamEvent {
  readonly id: string | undefined;
  readonly data: string;
}

async function* eventsOf(body: ReadableStream<Uint8Array> | null): AsyncGenerator<StreamEvent> {
  if (body === null) return;
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let waiting = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (waiting + decoder.decode(value, { stream: true })).split("\n\n");
    waiting = blocks.pop() ?? "";
    for (const block of blocks) {
      const fields = block.split("\n").map((line) => /^(\w+): ?(.*)$/.exec(line));
      const field = (name: string) => fields.find((each) => each?.[1] === name)?.[2];
      const data = field("data");
      if (data !== undefined) yield { id: field("id"), data };
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = window.setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      window.clearTimeout(timer);
      resolve();
    });
  });
}
