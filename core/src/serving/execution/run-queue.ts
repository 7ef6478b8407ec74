import type { ServableFacts } from "../../extension-points/model-server.js";
import type { PlinthError } from "../../model/errors.js";
import type { NamedTensors } from "../../model/tensor.js";
import type { QueuedStreams } from "./queued-streams.js";

/** A request that has been checked against the signature, on its way to the model. */
export interface RunRequest {
  readonly signature: string;
  readonly inputs: NamedTensors;
  /** At least one, each once. */
  readonly outputs: readonly string[];
  /** On the clock of `performance.now()`. */
  readonly deadlineMs?: number | undefined;
  /** Whether the deadline is for the beginning of the run alone. Default: for its end as well. */
  readonly outlastsDeadline?: boolean;
  /** Higher goes first; equal ones in the order of their arrival. Default: 0. */
  readonly priority?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface RunOutcome {
  /**
   * The receiver's own. Those of requests that were run together are views over the buffer of the whole batch, each over rows that no
   * other sees: they may be read and written, but a buffer must not be transferred to another thread.
   */
  readonly outputs: NamedTensors;
  /** When the run began that answered it, on the clock of `performance.now()`. */
  readonly startedAtMs: number;
  /** When it was done. */
  readonly finishedAtMs: number;
  /** Whether the run is told of by itself, because it may have been for several requests. */
  readonly isBatched: boolean;
}

/** What stands before a model. */
export interface ModelQueues {
  readonly runs: RunQueue;
  /** `undefined` where no signature streams. */
  readonly streams: QueuedStreams | undefined;
  readonly facts: ServableFacts;
}

/**
 * Stands before a model: holds requests back until there is a place to run them, and puts them together where batching is asked
 * for. Bounded; what has waited past its deadline or is not wanted any more is never run, and nobody waits past his deadline for a run.
 */
export interface RunQueue extends AsyncDisposable {
  /**
   * Why one more request would be refused now: `QUEUE_FULL` with `details.retryAfterMs`, or the error of a lasting outage, as
   * `EXECUTOR_DIED`; `undefined` where it would be taken. Asked ahead of reading its tensors, so that a refusal costs little.
   */
  refusal(): PlinthError | undefined;

  /** Rows of the largest batch; `undefined` where each request is run on its own. */
  readonly maxBatchSize: number | undefined;

  /** Requests that wait now. */
  readonly waiting: number;

  /**
   * Takes a place for a request that need not wait, which the caller then runs on the model itself and tells of by {@link ended}: one
   * promise less than {@link run}, which small models feel. The caller drops an answer that comes past the deadline.
   *
   * @param nowMs on the clock of `performance.now()`
   * @returns whether there is a place, and no deadline to watch meanwhile; where not, {@link run} is left
   * @throws PlinthError `DEADLINE_EXCEEDED`, `CANCELLED` where nobody wants it any more
   */
  startAtOnce(request: RunRequest, nowMs: number): boolean;

  /** A run that was started at once is over. @param durationMs in milliseconds; `undefined` where it has failed */
  ended(durationMs: number | undefined): void;

  /**
   * Lets the request wait for its run and the end of it.
   *
   * @throws PlinthError as {@link refusal}; `DEADLINE_EXCEEDED`; `CANCELLED` while it waits; `BATCH_TOO_LARGE`; whatever the run throws.
   */
  run(request: RunRequest): Promise<RunOutcome>;

  /**
   * Refuses what still waits, and settles when the last run has ended, of which nobody may wait for the answer any more. Called once,
   * when nobody holds the servable any more.
   */
  [Symbol.asyncDispose](): Promise<void>;
}
