import type { NamedTensors } from "../../model/tensor.js";
import type { ExecutedModel, QueuedModel } from "./executed-model.js";
import type { RunQueue, RunRequest } from "./run-queue.js";

/** A request for a stream, on its way to the model. */
export interface StreamRequest extends RunRequest {
  /** As `StreamCall.untilMs`. */
  readonly untilMs?: number | undefined;
}

/** The time for which a stream may use its model: to the queue before it, a run that lasts as long as the stream. */
export class StreamTurn implements RunRequest {
  readonly signature: string;
  readonly inputs: NamedTensors;
  readonly outputs: readonly string[];
  readonly deadlineMs: number | undefined;
  readonly priority: number | undefined;
  readonly signal: AbortSignal | undefined;
  /** Settles when it is its turn. Rejects where it is not going to be, as {@link RunQueue.run}. */
  readonly begun: Promise<void>;
  /** Settles when the turn is over, or is not going to be. */
  readonly over: Promise<void>;
  #begin: () => void = () => {};
  #end!: () => void;

  /** @throws PlinthError `DEADLINE_EXCEEDED`, `CANCELLED` where it is too late already */
  constructor({ signature, inputs, outputs, deadlineMs, priority, signal }: StreamRequest, queue: RunQueue) {
    this.signature = signature;
    this.inputs = inputs;
    this.outputs = outputs;
    this.deadlineMs = deadlineMs;
    this.priority = priority;
    this.signal = signal;
    this.over = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.begun = queue.startAtOnce(this, performance.now()) ? this.#atOnce(queue) : this.#inTurn(queue);
  }

  /** Called by the queue when it is its turn; settles when that is over. */
  async take(): Promise<NamedTensors> {
    this.#begin();
    await this.over;
    return NOTHING;
  }

  /** Lets the next one have its turn. */
  end(): void {
    this.#end();
  }

  async #atOnce(queue: RunQueue): Promise<void> {
    const beganAtMs = performance.now();
    void this.over.then(() => queue.ended(performance.now() - beganAtMs));
  }

  #inTurn(queue: RunQueue): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#begin = resolve;
      queue.run(this).catch((thrown) => {
        this.#end();
        reject(thrown);
      });
    });
  }
}

const NOTHING: NamedTensors = new Map();

/** A model as the queue sees it that only {@link StreamTurn}s are put into. */
export class StreamTurns implements QueuedModel {
  readonly #model: ExecutedModel;

  constructor(model: ExecutedModel) {
    this.#model = model;
  }

  get slots(): number {
    return this.#model.streamSlots;
  }

  get outage(): ExecutedModel["outage"] {
    return this.#model.outage;
  }

  onChange(changed: () => void): void {
    this.#model.onChange(changed);
  }

  /** A queue hands on what it was given. */
  run(turn: RunRequest): Promise<NamedTensors> {
    return (turn as StreamTurn).take();
  }
}
