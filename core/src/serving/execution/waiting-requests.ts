import { PlinthError } from "../../model/errors.js";
import { AbortWatch } from "./abort-watch.js";
import { DeadlineWatch } from "./deadline-watch.js";
import type { RunOutcome, RunRequest } from "./run-queue.js";

/** A request that waits for its run, and the promise of its answer. */
export class WaitingRequest {
  readonly request: RunRequest;
  /** On the clock of `performance.now()`. */
  readonly arrivedAtMs: number;
  /** Its number in the order of arrival. */
  readonly turn: number;
  readonly outcome: Promise<RunOutcome>;
  readonly #line: WaitingLine;
  #resolve!: (outcome: RunOutcome) => void;
  #reject!: (error: unknown) => void;

  constructor(request: RunRequest, arrivedAtMs: number, turn: number, line: WaitingLine) {
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

  /** Waits no more, because it is run now: neither its deadline nor its signal ends it from here on. */
  leave(): void {
    this.#line.leave(this);
  }

  /** Only the first answer or refusal counts. */
  answer(outcome: RunOutcome): void {
    this.#resolve(outcome);
  }

  /** Takes it out of the line where it still waits. */
  refuse(error: unknown): void {
    this.#reject(error);
    this.#line.drop(this);
  }
}

/** Where a request waits. */
interface WaitingLine {
  /** @returns whether it was in. */
  leave(waiting: WaitingRequest): boolean;
  /** As {@link leave}, and sees to it that it is not run. */
  drop(waiting: WaitingRequest): void;
}

/** Whether it goes first: by priority, then by arrival. Nothing ages: as long as higher ones come, lower ones wait. */
export function goesBefore(left: WaitingRequest, right: WaitingRequest): boolean {
  const difference = (left.request.priority ?? 0) - (right.request.priority ?? 0);
  return difference > 0 || (!(difference < 0) && left.turn < right.turn);
}

/** All requests that wait for one model. Each leaves when it is run, when its deadline passes, or when its signal aborts. */
export class WaitingRequests implements WaitingLine, Disposable {
  readonly #all = new Set<WaitingRequest>();
  readonly #gone: (waiting: WaitingRequest) => void;
  readonly #deadlines = new DeadlineWatch<WaitingRequest>((each) => each.refuse(deadlineExceeded()));
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
    const waiting = new WaitingRequest(request, nowMs, this.#entered++, this);
    this.#all.add(waiting);
    if (request.deadlineMs !== undefined) this.#deadlines.add(waiting);
    if (request.signal !== undefined) this.#aborts.add(waiting, request.signal);
    return waiting;
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

  leave(waiting: WaitingRequest): boolean {
    if (!this.#all.delete(waiting)) return false;
    const { deadlineMs, signal } = waiting.request;
    if (deadlineMs !== undefined) this.#deadlines.remove(waiting);
    if (signal !== undefined) this.#aborts.remove(waiting, signal);
    return true;
  }

  drop(waiting: WaitingRequest): void {
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

function cancelled(): PlinthError {
  return new PlinthError("CANCELLED", "The client went away before the model could run");
}
