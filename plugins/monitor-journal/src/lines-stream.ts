import type { JournalEntry } from "./entry.js";

/** Entries as lines of JSON, read as fast as they are taken. */
export function linesStream(parts: AsyncGenerator<readonly JournalEntry[]>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      for (;;) {
        const { value, done } = await parts.next();
        if (done === true) return controller.close();
        if (value.length === 0) continue;
        return controller.enqueue(encoder.encode(value.map((entry) => `${JSON.stringify(entry)}\n`).join("")));
      }
    },
    cancel: async () => void (await parts.return(undefined)),
  });
}
