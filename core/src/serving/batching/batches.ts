import { PlinthError } from "../../model/errors.js";
import type { Signature } from "../../model/signature.js";
import { OrderedHeap } from "../execution/ordered-heap.js";
import { type Run, type RunOrder, SingleRun } from "../execution/run-order.js";
import { goesBefore, type WaitingRequest } from "../execution/waiting-requests.js";
import { Arrivals } from "./arrivals.js";
import { batchableRows, fitKey, isBatchable } from "./batchable.js";
import type { BatchableSignature } from "./batchable-signature.js";
import { BatchedRequest } from "./batched-request.js";
import type { BatchingSettings } from "./batching-settings.js";
import { chooseWaitMs } from "./choose-wait.js";
import { firstGoesBefore, GatheringBatch } from "./gathering-batch.js";
import { type BatchMeasure, type BatchObserver, JointRun } from "./joint-run.js";
import { NOTHING_MEASURED, runTime, withRun } from "./run-time-fit.js";

/** Where a request waits, so that it can be taken out. */
interface Place {
  readonly request: BatchedRequest;
  readonly batch: GatheringBatch;
}

/**
 * Puts requests together that fit: of one signature and, unless padded, of equal lengths on all axes but the first. Requests that fit no
 * others go their own ways, alone or in batches of their own, and none fails because of another's shape.
 *
 * A batch is ready when it is full or due; a ready one goes on gathering until a slot is free. Ready batches and requests that run alone
 * take turns by priority, then by arrival, of their first request.
 */
export class Batches implements RunOrder, BatchObserver {
  readonly gathers = true;
  readonly maxBatchSize: number;
  readonly #settings: BatchingSettings;
  readonly #observer: BatchObserver;
  readonly #signatures = new Map<string, BatchableSignature>();
  readonly #unbatchable = new Set<string>();
  readonly #batches = new Map<string, GatheringBatch>();
  readonly #places = new Map<WaitingRequest, Place>();
  readonly #gathering = new OrderedHeap<GatheringBatch>((left, right) => left.dueAtMs < right.dueAtMs);
  readonly #ready = new OrderedHeap<GatheringBatch>(firstGoesBefore);
  readonly #alone = new OrderedHeap<WaitingRequest>(goesBefore);

  constructor(signatures: ReadonlyMap<string, Signature>, settings: BatchingSettings, observer: BatchObserver) {
    this.maxBatchSize = settings.maxBatchSize;
    this.#settings = settings;
    this.#observer = observer;
    for (const [name, signature] of signatures) {
      if (!isBatchable(signature)) continue;
      this.#signatures.set(name, {
        name,
        signature,
        arrivals: new Arrivals(2 * settings.maxWaitMs),
        fit: NOTHING_MEASURED,
      });
    }
  }

  get dueAtMs(): number {
    return this.#gathering.first?.dueAtMs ?? Number.POSITIVE_INFINITY;
  }

  add(waiting: WaitingRequest): boolean {
    const { signature: name, inputs } = waiting.request;
    const batchable = this.#signatures.get(name);
    const rows = batchable && batchableRows(inputs);
    if (batchable === undefined || rows === undefined) {
      this.#alone.add(waiting);
      return true;
    }
    const { maxBatchSize, splitLarge, padVariableLength } = this.#settings;
    if (rows > maxBatchSize && !splitLarge) {
      waiting.refuse(tooLarge(rows, maxBatchSize));
      return false;
    }
    batchable.arrivals.arrived(rows, waiting.arrivedAtMs);
    // The parts of one answer must have one shape, so that a request in parts is not padded to the length of others.
    const isPadded = padVariableLength && rows <= maxBatchSize;
    const batch = this.#batchOf(batchable, fitKey(batchable.signature, inputs, isPadded));
    const wasEmpty = batch.isEmpty;
    const request = new BatchedRequest(waiting, rows);
    this.#places.set(waiting, { request, batch });
    batch.add(request);
    if (this.#ready.has(batch)) this.#ready.moved(batch);
    else if (batch.isFull) this.#makeReady(batch);
    else if (wasEmpty) this.#gather(batch, waiting.arrivedAtMs, rows);
    return batch.isFull;
  }

  remove(waiting: WaitingRequest): void {
    this.#alone.remove(waiting);
    const place = this.#places.get(waiting);
    if (place === undefined) return;
    const { request, batch } = place;
    this.#places.delete(waiting);
    batch.remove(request);
    if (batch.isEmpty) this.#forget(batch);
    else this.#ready.moved(batch);
  }

  ripen(nowMs: number): void {
    for (
      let batch = this.#gathering.first;
      batch !== undefined && batch.dueAtMs <= nowMs;
      batch = this.#gathering.first
    ) {
      this.#makeReady(batch);
    }
  }

  take(): Run | undefined {
    const batch = this.#ready.first;
    const alone = this.#alone.first;
    const first = batch?.first?.waiting;
    if (alone !== undefined && (first === undefined || goesBefore(alone, first))) {
      this.#alone.remove(alone);
      alone.leave();
      return new SingleRun(alone);
    }
    return batch === undefined ? undefined : this.#takeFrom(batch);
  }

  ran(measure: BatchMeasure): void {
    const batchable = this.#signatures.get(measure.signature);
    if (batchable !== undefined && this.#settings.targetLatencyMs !== undefined) {
      batchable.fit = withRun(batchable.fit, measure.rows + measure.paddingRows, measure.computeMs);
    }
    this.#observer.ran(measure);
  }

  /** Told once a signature. It is batched on: shapes that only one client sends must not end that for all. */
  unbatchable(signature: string, error: PlinthError): void {
    if (this.#unbatchable.has(signature)) return;
    this.#unbatchable.add(signature);
    this.#observer.unbatchable(signature, error);
  }

  #batchOf(batchable: BatchableSignature, fits: string): GatheringBatch {
    const key = `${batchable.name}\n${fits}`;
    const known = this.#batches.get(key);
    if (known !== undefined) return known;
    const batch = new GatheringBatch(batchable, key, this.#settings.maxBatchSize);
    this.#batches.set(key, batch);
    return batch;
  }

  #gather(batch: GatheringBatch, sinceMs: number, rows: number): void {
    const { fit, arrivals } = batch.signature;
    const { msBetweenRows } = arrivals;
    batch.dueAtMs = sinceMs + chooseWaitMs(this.#settings, { runTime: runTime(fit), msBetweenRows, rows });
    this.#gathering.add(batch);
  }

  #makeReady(batch: GatheringBatch): void {
    this.#gathering.remove(batch);
    this.#ready.add(batch);
  }

  #takeFrom(batch: GatheringBatch): Run {
    const slices = batch.take();
    for (const { request } of slices) {
      if (request.rowsLeft === 0) this.#places.delete(request.waiting);
    }
    if (batch.isEmpty) this.#forget(batch);
    else if (batch.isFull) this.#ready.moved(batch);
    else this.#gatherOn(batch);
    return new JointRun(batch.signature.name, slices, this.#settings, this);
  }

  /** What was left over waits for others as if it had just been put together. */
  #gatherOn(batch: GatheringBatch): void {
    this.#ready.remove(batch);
    this.#gather(batch, batch.oldestMs, batch.first?.rowsLeft ?? 1);
  }

  #forget(batch: GatheringBatch): void {
    this.#ready.remove(batch);
    this.#gathering.remove(batch);
    this.#batches.delete(batch.key);
  }
}

/** TensorFlow Serving's words in front, which its clients look for. */
function tooLarge(rows: number, maxBatchSize: number): PlinthError {
  return new PlinthError(
    "BATCH_TOO_LARGE",
    `Task size ${rows} is larger than maximum input batch size ${maxBatchSize}: expected at most ${maxBatchSize} rows in a request. Send ` +
      "it in parts, or set batching.splitLarge",
    { details: { rows, maxBatchSize } },
  );
}
