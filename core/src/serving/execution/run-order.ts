import type { QueuedModel } from "./executed-model.js";
import { OrderedHeap } from "./ordered-heap.js";
import { goesBefore, type WaitingRequest } from "./waiting-requests.js";

/** What is given to the model in one piece. */
export interface Run {
  /** Requests that are done with it. */
  readonly requests: number;

  /** Runs it and answers or refuses its requests. Never throws. */
  start(model: QueuedModel, startedAtMs: number): Promise<void>;
}

/** Decides which of the requests that wait are run next, and which together. */
export interface RunOrder {
  /** Whether requests wait for each other, so that even one that could be run at once is better held back for a moment. */
  readonly gathers: boolean;

  /** Rows of the largest batch; absent where each request is run on its own. */
  readonly maxBatchSize?: number;

  /**
   * When {@link ripen} would next make something ready, on the clock of `performance.now()`: the past where that is due, `Infinity`
   * where nothing gathers.
   */
  readonly dueAtMs: number;

  /** @returns whether {@link take} would give something now that it would not have given before. */
  add(waiting: WaitingRequest): boolean;

  /** Takes out a request that is not wanted any more. */
  remove(waiting: WaitingRequest): void;

  /** Makes ready what has gathered for long enough. */
  ripen(nowMs: number): void;

  /** The next run, of what is ready; its requests have left. */
  take(): Run | undefined;
}

/** Each request on its own, by priority, then by arrival. */
export class OneByOne implements RunOrder {
  readonly gathers: boolean = false;
  readonly dueAtMs: number = Number.POSITIVE_INFINITY;
  readonly #waiting = new OrderedHeap<WaitingRequest>(goesBefore);

  add(waiting: WaitingRequest): boolean {
    this.#waiting.add(waiting);
    return true;
  }

  remove(waiting: WaitingRequest): void {
    this.#waiting.remove(waiting);
  }

  ripen(): void {}

  take(): Run | undefined {
    const { first } = this.#waiting;
    if (first === undefined) return undefined;
    this.#waiting.remove(first);
    first.leave();
    return new SingleRun(first);
  }
}

/** The run of one request as it came. */
export class SingleRun implements Run {
  readonly requests = 1;
  readonly #waiting: WaitingRequest;

  constructor(waiting: WaitingRequest) {
    this.#waiting = waiting;
  }

  async start(model: QueuedModel, startedAtMs: number): Promise<void> {
    try {
      const outputs = await model.run(this.#waiting.request);
      this.#waiting.answer({ outputs, startedAtMs, finishedAtMs: performance.now(), isBatched: false });
    } catch (error) {
      this.#waiting.refuse(error);
    }
  }
}
