import type { NamedTensors } from "../../../model/tensor.js";
import { type PackedTensors, unpackTensors } from "./packed-tensors.js";

/** Where a stream really is: {@link HostedStreams} in another thread or process. */
export interface FarStream {
  next(): Promise<PackedTensors | undefined>;
  /** Settles when it has ended there. */
  stop(): Promise<void>;
}

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** A stream of a model in another thread or process. It is stopped there as soon as the signal aborts. */
export class RemoteStream implements AsyncIterableIterator<NamedTensors, undefined> {
  readonly #far: FarStream;
  readonly #signal: AbortSignal | undefined;
  readonly #ended: () => void;
  #stopping: Promise<void> | undefined;
  #isOver = false;

  /** @param ended called once, when nothing is under way there any more */
  constructor(far: FarStream, signal: AbortSignal | undefined, ended: () => void) {
    this.#far = far;
    this.#signal = signal;
    this.#ended = ended;
    signal?.addEventListener("abort", this.#stop, { once: true });
    if (signal?.aborted) void this.#stop();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<NamedTensors, undefined>> {
    if (this.#isOver || this.#stopping !== undefined) return DONE;
    try {
      const packed = await this.#far.next();
      if (packed !== undefined) return { done: false, value: unpackTensors(packed) };
    } catch (thrown) {
      this.#end();
      throw thrown;
    }
    this.#end();
    return DONE;
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    await this.#stop();
    return DONE;
  }

  readonly #stop = (): Promise<void> => {
    if (this.#isOver) return Promise.resolve();
    this.#stopping ??= this.#far.stop().then(
      () => this.#end(),
      () => this.#end(),
    );
    return this.#stopping;
  };

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#signal?.removeEventListener("abort", this.#stop);
    this.#ended();
  }
}
