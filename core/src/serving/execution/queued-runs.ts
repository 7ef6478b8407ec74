import { PlinthError } from "../../model/errors.js";
import type { QueuedModel } from "./executed-model.js";
import { OneByOne, type Run, type RunOrder } from "./run-order.js";
import { RunPace } from "./run-pace.js";
import type { RunOutcome, RunQueue, RunRequest } from "./run-queue.js";
import { WaitingRequests, whyUnwanted } from "./waiting-requests.js";

/**
 * The queue before a model. A request that nothing has to wait for is run at once, at the price of a few comparisons; all others wait in
 * a bounded line, from which a {@link RunOrder} picks whenever the model has a free slot.
 *
 * What gathers is looked at when the turn of the event loop ends, so that requests which arrived together are run together, and
 * when its wait is over. A model that runs on this thread is given one such run a turn: while it runs nothing else can, and between
 * two of them answers are written and more requests are read.
 */
export class QueuedRuns implements RunQueue {
  readonly #model: QueuedModel;
  readonly #order: RunOrder;
  readonly #maxWaiting: number;
  readonly #runsAtOnce: boolean;
  readonly #waiting = new WaitingRequests((waiting) => this.#order.remove(waiting));
  readonly #pace = new RunPace();
  #running = 0;
  #turnEnd: NodeJS.Immediate | undefined;
  #dueTimer: NodeJS.Timeout | undefined;
  #dueTimerAtMs = Number.POSITIVE_INFINITY;

  /** `maxQueuedRequests` as in `ExecutionSettings`; what gathers counts, so that with 0 nothing does. */
  constructor(model: QueuedModel, maxQueuedRequests: number, order: RunOrder = new OneByOne()) {
    this.#model = model;
    this.#order = order;
    this.#maxWaiting = maxQueuedRequests;
    this.#runsAtOnce = !order.gathers || maxQueuedRequests === 0;
    model.onChange(() => this.#modelChanged());
  }

  get maxBatchSize(): number | undefined {
    return this.#order.maxBatchSize;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  refusal(): PlinthError | undefined {
    return this.#mayRunAtOnce() ? undefined : this.#whyNotWait();
  }

  startAtOnce(request: RunRequest, nowMs: number): boolean {
    const unwanted = whyUnwanted(request, nowMs);
    if (unwanted !== undefined) throw unwanted;
    if (!this.#mayRunAtOnce()) return false;
    this.#running++;
    return true;
  }

  ended(durationMs: number | undefined): void {
    this.#running--;
    if (durationMs !== undefined) this.#pace.ran(1, durationMs);
    if (this.#waiting.size > 0) this.#startReady();
  }

  run(request: RunRequest): Promise<RunOutcome> {
    const nowMs = performance.now();
    const unwanted = whyUnwanted(request, nowMs);
    if (unwanted !== undefined) return Promise.reject(unwanted);
    const refusal = this.#whyNotWait();
    if (refusal !== undefined) return Promise.reject(refusal);
    const waiting = this.#waiting.enter(request, nowMs);
    if (this.#order.add(waiting)) this.#startReady();
    else this.#lookWhenDue(nowMs);
    return waiting.outcome;
  }

  [Symbol.dispose](): void {
    clearImmediate(this.#turnEnd);
    clearTimeout(this.#dueTimer);
    this.#waiting[Symbol.dispose]();
  }

  #modelChanged(): void {
    const { outage } = this.#model;
    if (outage?.isLasting) this.#waiting.refuseAll(outage.error);
    else this.#startReady();
  }

  #mayRunAtOnce(): boolean {
    return this.#runsAtOnce && this.#waiting.size === 0 && this.#running < this.#model.slots;
  }

  #startReady(): void {
    const nowMs = performance.now();
    this.#waiting.expire(nowMs);
    while (this.#running < this.#slots) {
      const run = this.#order.take();
      if (run === undefined) break;
      void this.#start(run);
    }
    this.#lookWhenDue(nowMs);
  }

  async #start(run: Run): Promise<void> {
    const startedAtMs = performance.now();
    this.#running++;
    await run.start(this.#model, startedAtMs);
    this.#running--;
    this.#pace.ran(run.requests, performance.now() - startedAtMs);
    if (this.#waiting.size === 0) return;
    if (this.#blocksThread) this.#lookAtTurnEnd();
    else this.#startReady();
  }

  #lookWhenDue(nowMs: number): void {
    const { dueAtMs } = this.#order;
    if (dueAtMs <= nowMs) {
      this.#lookAtTurnEnd();
      return;
    }
    if (dueAtMs === this.#dueTimerAtMs) return;
    clearTimeout(this.#dueTimer);
    this.#dueTimerAtMs = dueAtMs;
    if (dueAtMs === Number.POSITIVE_INFINITY) return;
    this.#dueTimer = setTimeout(
      () => {
        this.#dueTimerAtMs = Number.POSITIVE_INFINITY;
        this.#look();
      },
      Math.ceil(dueAtMs - nowMs),
    );
  }

  #lookAtTurnEnd(): void {
    this.#turnEnd ??= setImmediate(() => {
      this.#turnEnd = undefined;
      this.#look();
    });
  }

  #look(): void {
    this.#order.ripen(performance.now());
    this.#startReady();
  }

  get #blocksThread(): boolean {
    return this.#order.gathers && this.#model.slots === Number.POSITIVE_INFINITY;
  }

  get #slots(): number {
    return this.#blocksThread ? 1 : this.#model.slots;
  }

  #whyNotWait(): PlinthError | undefined {
    const { outage } = this.#model;
    if (outage?.isLasting) return outage.error;
    return this.#waiting.size >= this.#maxWaiting ? withoutStack(() => this.#queueFull()) : undefined;
  }

  #queueFull(): PlinthError {
    const retryAfterMs = this.#pace.retryAfterMs(this.#waiting.size, this.#slots);
    return new PlinthError(
      "QUEUE_FULL",
      `The model is overloaded: expected at most ${this.#maxWaiting} requests to wait for it (execution.maxQueuedRequests), got one ` +
        `more. Try again in ${retryAfterMs} ms, or give it more instances`,
      { details: { retryAfterMs } },
    );
  }
}

/** For errors that are made many hundred times a second when there is no time to lose: whence they came helps nobody. */
function withoutStack<Thing>(make: () => Thing): Thing {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return make();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
