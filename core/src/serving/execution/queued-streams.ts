import { PlinthError } from "../../model/errors.js";
import type { NamedTensors } from "../../model/tensor.js";
import { AbortWatch } from "./abort-watch.js";
import { DeadlineWatch } from "./deadline-watch.js";
import type { ExecutedModel } from "./executed-model.js";
import { OpenStream } from "./open-stream.js";
import { QueuedRuns } from "./queued-runs.js";
import { type StreamRequest, StreamTurn, StreamTurns } from "./stream-turn.js";

/** What is told of a stream beside its outputs. Times are on the clock of `performance.now()`. */
export interface StreamWatch {
  /** It is its turn. */
  began(atMs: number): void;
  /** The model took so long for a step, in milliseconds. */
  stepped(durationMs: number): void;
  /** The model has nothing to do with it any more, be it because it never had. Called once. */
  ended(): void;
}

/**
 * The queue before a model's streams: as many are under way as it answers at the same time, all others wait in a bounded line as requests do
 * that wait for a run. A stream that is stopped keeps its place until the model has ended it.
 */
export class QueuedStreams implements Disposable {
  readonly #model: ExecutedModel;
  readonly #turns: QueuedRuns;
  readonly #deadlines = new DeadlineWatch<OpenStream>((stream) => stream.stop(tooLong()));
  readonly #aborts = new AbortWatch<OpenStream>((stream) => stream.stop(gone()));

  /** `maxQueuedRequests` as in `ExecutionSettings`. */
  constructor(model: ExecutedModel, maxQueuedRequests: number) {
    this.#model = model;
    this.#turns = new QueuedRuns(new StreamTurns(model), maxQueuedRequests);
  }

  /** As of a queue of runs. */
  refusal(): PlinthError | undefined {
    return this.#turns.refusal();
  }

  get waiting(): number {
    return this.#turns.waiting;
  }

  /** @throws PlinthError as {@link QueuedRuns.run}; `DEADLINE_EXCEEDED`, `CANCELLED`; whatever the stream throws */
  async *stream(request: StreamRequest, watch: StreamWatch): AsyncGenerator<NamedTensors, void, undefined> {
    const turn = this.#turn(request, watch);
    await turn.begun;
    watch.began(performance.now());
    let stream: OpenStream | undefined;
    try {
      stream = this.#open(request);
      for (;;) {
        const askedAtMs = performance.now();
        const outputs = await stream.next();
        watch.stepped(performance.now() - askedAtMs);
        if (outputs === undefined) return;
        yield outputs;
      }
    } finally {
      // Whoever asked does not wait for a model that takes its time.
      void this.#close(stream, request).then(() => turn.end());
    }
  }

  /** Refuses what still waits. */
  [Symbol.dispose](): void {
    this.#turns[Symbol.dispose]();
    this.#deadlines[Symbol.dispose]();
  }

  #turn(request: StreamRequest, watch: StreamWatch): StreamTurn {
    try {
      const turn = new StreamTurn(request, this.#turns);
      void turn.over.then(() => watch.ended());
      return turn;
    } catch (thrown) {
      watch.ended();
      throw thrown;
    }
  }

  #open({ signature, inputs, outputs, untilMs, signal }: StreamRequest): OpenStream {
    const begin = (stopping: AbortSignal) => this.#model.stream({ signature, inputs, outputs, signal: stopping });
    const stream = new OpenStream(begin, untilMs ?? Number.POSITIVE_INFINITY);
    if (untilMs !== undefined) this.#deadlines.add(stream);
    if (signal?.aborted) stream.stop(gone());
    else if (signal !== undefined) this.#aborts.add(stream, signal);
    return stream;
  }

  async #close(stream: OpenStream | undefined, { untilMs, signal }: StreamRequest): Promise<void> {
    if (stream === undefined) return;
    if (untilMs !== undefined) this.#deadlines.remove(stream);
    if (signal !== undefined) this.#aborts.remove(stream, signal);
    await stream.close();
  }
}

function tooLong(): PlinthError {
  return new PlinthError(
    "DEADLINE_EXCEEDED",
    "The stream was cut off: it had not ended at the request's deadline (the client's own, or server.limits.streamTimeoutMs)",
  );
}

function gone(): PlinthError {
  return new PlinthError("CANCELLED", "The client went away before the stream had ended");
}
