import { OrderedHeap } from "../execution/ordered-heap.js";
import type { BatchableSignature } from "./batchable-signature.js";
import { type BatchedRequest, batchedBefore, type RowSlice } from "./batched-request.js";

/** Requests that fit together and wait for the same batches. */
export class GatheringBatch {
  readonly signature: BatchableSignature;
  /** Of all that gather in one queue; no two have the same. */
  readonly key: string;
  readonly #maxRows: number;
  readonly #requests = new OrderedHeap<BatchedRequest>(batchedBefore);
  #rows = 0;
  /** When the next batch is run even if it is not full, on the clock of `performance.now()`. */
  dueAtMs: number = Number.POSITIVE_INFINITY;

  constructor(signature: BatchableSignature, key: string, maxRows: number) {
    this.signature = signature;
    this.key = key;
    this.#maxRows = maxRows;
  }

  get isEmpty(): boolean {
    return this.#requests.size === 0;
  }

  get isFull(): boolean {
    return this.#rows >= this.#maxRows;
  }

  /** What is in the next batch before all else. */
  get first(): BatchedRequest | undefined {
    return this.#requests.first;
  }

  /** The earliest arrival. Asked only where it is not full, and so has few requests. */
  get oldestMs(): number {
    return this.#requests
      .values()
      .reduce((oldest, { waiting }) => Math.min(oldest, waiting.arrivedAtMs), Number.POSITIVE_INFINITY);
  }

  add(request: BatchedRequest): void {
    this.#requests.add(request);
    this.#rows += request.rowsLeft;
  }

  remove(request: BatchedRequest): void {
    if (!this.#requests.has(request)) return;
    this.#requests.remove(request);
    this.#rows -= request.rowsLeft;
  }

  /**
   * The next batch: as many as fit, first ones first. Only a request that is larger than any batch is cut; one that merely does not fit
   * behind the others goes into the next batch whole, and ends this one, so that nobody overtakes it.
   */
  take(): readonly RowSlice[] {
    const slices: RowSlice[] = [];
    let room = this.#maxRows;
    for (let request = this.first; request !== undefined && room > 0; request = this.first) {
      if (request.rowsLeft > room && request.rows <= this.#maxRows) break;
      const slice = request.take(Math.min(request.rowsLeft, room));
      slices.push(slice);
      room -= slice.to - slice.from;
      this.#rows -= slice.to - slice.from;
      if (request.rowsLeft === 0) this.#requests.remove(request);
    }
    return slices;
  }
}

/** Whether what waits longest in it is to be run first. */
export function firstGoesBefore(left: GatheringBatch, right: GatheringBatch): boolean {
  return left.first !== undefined && right.first !== undefined && batchedBefore(left.first, right.first);
}
