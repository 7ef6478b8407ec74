/** One event of a stream: its id, where it has one, and its data. */
export interface ServerSentEvent {
  readonly id: string | undefined;
  readonly data: string;
}

/** Longest event that is waited for, in characters. */
const MAX_EVENT = 32 * 1024 * 1024;

/** Reads a stream of server-sent events, without those that carry no data. */
export async function* serverSentEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  const decoder = new TextDecoder();
  let waiting = "";
  for await (const chunk of body) {
    waiting += decoder.decode(chunk, { stream: true });
    const blocks = waiting.split("\n\n");
    waiting = blocks.pop() ?? "";
    if (waiting.length > MAX_EVENT) throw new Error("An event of the stream is too long");
    for (const block of blocks) {
      const event = eventOf(block);
      if (event !== undefined) yield event;
    }
  }
}

function eventOf(block: string): ServerSentEvent | undefined {
  const fields = block.split("\n").map((line) => /^(\w+): ?(.*)$/.exec(line));
  const valuesOf = (name: string) => fields.flatMap((field) => (field?.[1] === name ? [field[2] ?? ""] : []));
  const data = valuesOf("data");
  return data.length === 0 ? undefined : { id: valuesOf("id").at(-1), data: data.join("\n") };
}
