import { PlinthError } from "../../../model/errors.js";
import type { NamedTensors } from "../../../model/tensor.js";
import { type PackedTensors, packTensors } from "./packed-tensors.js";

/** What a stream is called by those who read it from another thread or process; each number once. */
export type StreamId = number;

interface HostedStream {
  readonly iterator: AsyncIterator<NamedTensors>;
  readonly stopping: AbortController;
}

/** Streams that are read from another thread or process, as a {@link RemoteStream}. */
export class HostedStreams {
  readonly #open = new Map<StreamId, HostedStream>();

  /** @param begin asks the model for the stream, which is to end when the signal aborts; called when the first step is asked for */
  open(id: StreamId, begin: (signal: AbortSignal) => AsyncIterable<NamedTensors>): void {
    const stopping = new AbortController();
    this.#open.set(id, { iterator: begun(() => begin(stopping.signal)), stopping });
  }

  /** The next step; `undefined` where the stream has ended. @throws what the model throws */
  async next(id: StreamId): Promise<PackedTensors | undefined> {
    const stream = this.#open.get(id);
    if (stream === undefined) return undefined;
    try {
      const { done, value } = await stream.iterator.next();
      if (!done) return packTensors(value);
      this.#open.delete(id);
      return undefined;
    } catch (thrown) {
      this.#open.delete(id);
      throw PlinthError.from(thrown, "MODEL_RUN_FAILED");
    }
  }

  /** Settles when the model has ended the stream, in whichever way. */
  async stop(id: StreamId): Promise<void> {
    const stream = this.#open.get(id);
    if (stream === undefined) return;
    this.#open.delete(id);
    stream.stopping.abort(new PlinthError("CANCELLED", "Nobody wants any more of the stream"));
    await stream.iterator.return?.().catch(() => {});
  }
}

async function* begun(begin: () => AsyncIterable<NamedTensors>): AsyncGenerator<NamedTensors> {
  yield* begin();
}
