import { PlinthError } from "../../model/errors.js";
import { AbortWatch } from "./abort-watch.js";
import { DeadlineWatch } from "./deadline-watch.js";
import type { RunOutcome, RunRequest } from "./run-queue.js";

/** A request that waits for its run, or for the end of it, and the promise of its answer. */
export class WaitingRequest {
  readonly request: RunRequest;
  /** On the clock of `performance.now()`. */
  readonly arrivedAtMs: number;
  /** Its number in the order of arrival. */
  readonly turn: number;
  readonly outcome: Promise<RunOutcome>;
  readonly #line: WaitingRequests;
  #resolve!: (outcome: RunOutcome) => void;
  #reject!: (error: unknown) => void;

  constructor(request: RunRequest, arrivedAtMs: number, turn: number, line: WaitingRequests) {
    this.request = request;
    this.arrivedAtMs = arrivedAtMs;
    this.turn = turn;
    this.#line = line;
    this.outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  get deadlineMs(): number {
    return this.request.deadlineMs ?? Number.POSITIVE_INFINITY;
  }

  /** Waits no more, because it is run now: its signal does not end it from here on, its deadline still does. */
  leave(): void {
    this.#line.leave(this);
  }

  /** Only the first answer or refusal counts; an answer that comes past the deadline is a refusal. */
  answer(outcome: RunOutcome): void {
    if (outcome.finishedAtMs > this.deadlineMs && this.request.outlastsDeadline !== true) this.#reject(overran());
    else this.#resolve(outcome);
    this.#line.settle(this);
  }

  /** Takes it out of the line where it still waits. */
  refuse(error: unknown): void {
    this.#reject(error);
    this.#line.settle(this);
  }
}

/** Whether it goes first: by priority, then by arrival. Nothing ages: as long as higher ones come, lower ones wait. */
export function goesBefore(left: WaitingRequest, right: WaitingRequest): boolean {
  const difference = (left.request.priority ?? 0) - (right.request.priority ?? 0);
  return difference > 0 || (!(difference < 0) && left.turn < right.turn);
}

/**
 * All requests that wait for one model. Each leaves when it is run, when its deadline passes, or when its signal aborts. The deadline is
 * watched until the answer is there: a run that has begun goes on, but nobody waits for it longer.
 */
export class WaitingRequests implements Disposable {
  readonly #all = new Set<WaitingRequest>();
  readonly #gone: (waiting: WaitingRequest) => void;
  readonly #deadlines = new DeadlineWatch<WaitingRequest>((each) =>
    each.refuse(this.#all.has(each) ? deadlineExceeded() : overran()),
  );
  readonly #aborts = new AbortWatch<WaitingRequest>((each) => each.refuse(cancelled()));
  #entered = 0;

  /** `gone` is told of each request that was refused while it waited, so that it is not run. */
  constructor(gone: (waiting: WaitingRequest) => void) {
    this.#gone = gone;
  }

  get size(): number {
    return this.#all.size;
  }

  /** The request is one that {@link whyUnwanted} had nothing against. */
  enter(request: RunRequest, nowMs: number): WaitingRequest {
    const waiting = this.begin(request, nowMs);
    this.#all.add(waiting);
    if (request.signal !== undefined) this.#aborts.add(waiting, request.signal);
    return waiting;
  }

  /** As {@link enter}, for one that is run at once. */
  begin(request: RunRequest, nowMs: number): WaitingRequest {
    const begun = new WaitingRequest(request, nowMs, this.#entered++, this);
    if (request.deadlineMs !== undefined) this.#deadlines.add(begun);
    return begun;
  }

  /** Refuses what is too late at this time. */
  expire(nowMs: number): void {
    this.#deadlines.expire(nowMs);
  }

  refuseAll(error: PlinthError): void {
    for (const waiting of this.#all) waiting.refuse(error);
  }

  [Symbol.dispose](): void {
    this.refuseAll(
      new PlinthError("VERSION_NOT_AVAILABLE", "The version was unloaded while the request waited; send it again"),
    );
    this.#deadlines[Symbol.dispose]();
  }

  /** @returns whether it was in. */
  leave(waiting: WaitingRequest): boolean {
    if (!this.#all.delete(waiting)) return false;
    const { signal, outlastsDeadline } = waiting.request;
    if (signal !== undefined) this.#aborts.remove(waiting, signal);
    if (outlastsDeadline === true) this.#deadlines.remove(waiting);
    return true;
  }

  /** It has its answer; where it still waits, it is not run. */
  settle(waiting: WaitingRequest): void {
    if (waiting.request.deadlineMs !== undefined) this.#deadlines.remove(waiting);
    if (this.leave(waiting)) this.#gone(waiting);
  }
}

/** Why not to run it any more: `DEADLINE_EXCEEDED` or `CANCELLED`. */
export function whyUnwanted({ deadlineMs, signal }: RunRequest, nowMs: number): PlinthError | undefined {
  if (deadlineMs !== undefined && nowMs >= deadlineMs) return deadlineExceeded();
  return signal?.aborted ? cancelled() : undefined;
}

/** TensorFlow Serving's words in front, which its clients look for. */
function deadlineExceeded(): PlinthError {
  return new PlinthError(
    "DEADLINE_EXCEEDED",
    "Run() timeout exceeded while waiting in batching queue: the request's deadline passed before the model could run; it was not run",
  );
}

/** For a run whose deadline has passed by its end. */
export function overran(): PlinthError {
  return new PlinthError(
    "DEADLINE_EXCEEDED",
    "The request's deadline passed while the model ran, so that its answer was dropped: give it more time, or less to compute",
  );
}

function cancelled(): PlinthError {
  return new PlinthError("CANCELLED", "The client went away before the model could run");
}
