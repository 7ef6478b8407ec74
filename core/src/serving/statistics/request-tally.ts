import type { DurationFigures, RequestTotals } from "../../extension-points/server-statistics.js";
import type { ErrorCode } from "../../model/errors.js";
import { LatencySketch } from "./latency-sketch.js";

/** How often something was done, and how long that took. */
export class DurationSum {
  count = 0;
  ms = 0;

  add(ms: number): void {
    this.count++;
    this.ms += ms;
  }

  merge({ count, ms }: DurationSum): void {
    this.count += count;
    this.ms += ms;
  }
}

/** Sizes of batches up to here are told one by one. */
const EXACT_BATCH_SIZES = 128;

/**
 * What came of some requests to one version. Has no private state, so that a clone of it, as another process gets it, can be merged into
 * another one.
 */
export class RequestTally {
  /** Of requests that succeeded, as those of {@link queue} and {@link compute}. */
  readonly latency: LatencySketch = new LatencySketch();
  readonly queue: LatencySketch = new LatencySketch();
  readonly compute: LatencySketch = new LatencySketch();
  readonly failed: DurationSum = new DurationSum();
  readonly errors: Map<ErrorCode, number> = new Map();
  readonly decode: DurationSum = new DurationSum();
  readonly encode: DurationSum = new DurationSum();
  inferences = 0;
  executions = 0;
  readonly batches: Map<number, DurationSum> = new Map();
  executorsStarted = 0;
  executorsDied = 0;

  fail(code: ErrorCode, latencyMs: number): void {
    this.failed.add(latencyMs);
    addTo(this.errors, code, 1);
  }

  ran(rows: number, computeMs: number): void {
    this.executions++;
    batchOf(this.batches, rows <= EXACT_BATCH_SIZES ? rows : 2 ** Math.ceil(Math.log2(rows))).add(computeMs);
  }

  get requests(): number {
    return this.latency.count + this.failed.count;
  }

  get isEmpty(): boolean {
    return this.requests + this.executions + this.executorsStarted + this.executorsDied === 0;
  }

  merge(other: RequestTally): void {
    this.failed.merge(other.failed);
    for (const [code, count] of other.errors) addTo(this.errors, code, count);
    this.decode.merge(other.decode);
    this.encode.merge(other.encode);
    this.latency.merge(other.latency);
    this.queue.merge(other.queue);
    this.compute.merge(other.compute);
    this.inferences += other.inferences;
    this.executions += other.executions;
    for (const [rows, runs] of other.batches) batchOf(this.batches, rows).merge(runs);
    this.executorsStarted += other.executorsStarted;
    this.executorsDied += other.executorsDied;
  }

  totals(): RequestTotals {
    const { failed, errors, decode, encode, inferences, executions, batches } = this;
    return {
      succeeded: durationOf(this.latency),
      failed: { ...failed },
      errors: new Map(errors),
      decode: { ...decode },
      queue: durationOf(this.queue),
      compute: durationOf(this.compute),
      encode: { ...encode },
      inferences,
      executions,
      batches: new Map([...batches].map(([rows, runs]) => [rows, { ...runs }])),
    };
  }
}

function durationOf({ count, sumMs }: LatencySketch): DurationFigures {
  return { count, ms: sumMs };
}

export function addTo<Key>(counts: Map<Key, number>, key: Key, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

function batchOf(batches: Map<number, DurationSum>, rows: number): DurationSum {
  const known = batches.get(rows);
  if (known !== undefined) return known;
  const made = new DurationSum();
  batches.set(rows, made);
  return made;
}
