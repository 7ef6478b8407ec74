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
  /** Settles when the turn is over, or is not going to be. Never rejects. */
  readonly over: Promise<void>;
  #begin!: () => void;
  #end!: () => void;

  constructor({ signature, inputs, outputs, deadlineMs, priority, signal }: StreamRequest, queue: RunQueue) {
    this.signature = signature;
    this.inputs = inputs;
    this.outputs = outputs;
    this.deadlineMs = deadlineMs;
    this.priority = priority;
    this.signal = signal;
    const begun = new Promise<void>((resolve) => {
      this.#begin = resolve;
    });
    const whole = queue.run(this);
    this.over = whole.then(
      () => {},
      () => {},
    );
    this.begun = Promise.race([begun, whole.then(() => {})]);
  }

  /** Called by the queue when it is its turn; settles when that is over. */
  take(): Promise<NamedTensors> {
    this.#begin();
    return new Promise((resolve) => {
      this.#end = () => resolve(NOTHING);
    });
  }

  /** Lets the next one have its turn. Called once it is its turn. */
  end(): void {
    this.#end();
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
