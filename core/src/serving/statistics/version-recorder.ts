import type { ErrorCode } from "../../model/errors.js";
import type { ModelVersion } from "../../model/model-version.js";
import { epochMsOf } from "./epoch-clock.js";
import { RequestTally } from "./request-tally.js";

/**
 * Counts the requests of one version, at the price of some additions a request, until somebody takes the tally. Times are on the clock of
 * `performance.now()`.
 */
export class VersionRecorder {
  readonly model: string;
  readonly version: ModelVersion;
  /** Requests under way. */
  inFlight = 0;
  lastRequestAtMs: number | undefined;
  /** Where requests wait for it, while it is loaded. */
  queue: { readonly waiting: number } | undefined;
  /** What comes from then on belongs to another tally. */
  dueAtMs: number;
  #tally = new RequestTally();
  readonly #due: () => void;

  /** @param due takes the tally, and sets `dueAtMs` anew */
  constructor(model: string, version: ModelVersion, dueAtMs: number, due: () => void) {
    this.model = model;
    this.version = version;
    this.dueAtMs = dueAtMs;
    this.#due = due;
  }

  get queued(): number {
    return this.queue?.waiting ?? 0;
  }

  /** {@link lastRequestAtMs} in milliseconds since the epoch. */
  get lastRequestSinceEpochMs(): number | undefined {
    return this.lastRequestAtMs === undefined ? undefined : epochMsOf(this.lastRequestAtMs);
  }

  /** Durations in milliseconds. Not one object, because that would cost as much as all the rest. */
  succeeded(latencyMs: number, queueMs: number, computeMs: number, rows: number, atMs: number): void {
    const tally = this.#tallyAt(atMs);
    this.lastRequestAtMs = atMs;
    tally.latency.add(latencyMs);
    tally.queue.add(queueMs);
    tally.compute.add(computeMs);
    tally.inferences += rows;
  }

  /** How long a request that has succeeded took to decode and to encode. */
  coded(decodeMs: number, encodeMs: number): void {
    this.#tally.decode.add(decodeMs);
    this.#tally.encode.add(encodeMs);
  }

  failed(code: ErrorCode, latencyMs: number, atMs: number): void {
    this.lastRequestAtMs = atMs;
    this.#tallyAt(atMs).fail(code, latencyMs);
  }

  /** The model was run once, for one request or more. */
  ran(rows: number, computeMs: number, atMs: number): void {
    this.#tallyAt(atMs).ran(rows, computeMs);
  }

  executorStarted(): void {
    this.#tally.executorsStarted++;
  }

  executorDied(): void {
    this.#tally.executorsDied++;
  }

  /** What was counted since it was last taken; `undefined` where that is nothing. */
  take(): RequestTally | undefined {
    const tally = this.#tally;
    if (tally.isEmpty) return undefined;
    this.#tally = new RequestTally();
    return tally;
  }

  #tallyAt(atMs: number): RequestTally {
    if (atMs >= this.dueAtMs) this.#due();
    return this.#tally;
  }
}
