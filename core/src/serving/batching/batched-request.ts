import { PlinthError } from "../../model/errors.js";
import { formatShape, type NamedTensors, type Tensor } from "../../model/tensor.js";
import type { RunOutcome } from "../execution/run-queue.js";
import { goesBefore, type WaitingRequest } from "../execution/waiting-requests.js";
import { joinRows } from "./join-rows.js";

/** Rows of one request that go into one batch. */
export interface RowSlice {
  readonly request: BatchedRequest;
  readonly from: number;
  /** Behind the last one. */
  readonly to: number;
}

/** A request on its way through batches: one, or several in turn where it has more rows than a batch. */
export class BatchedRequest {
  readonly waiting: WaitingRequest;
  readonly rows: number;
  readonly #parts = new Map<number, RunOutcome>();
  #taken = 0;
  #answered = 0;

  constructor(waiting: WaitingRequest, rows: number) {
    this.waiting = waiting;
    this.rows = rows;
  }

  /** Rows that are in no batch yet. */
  get rowsLeft(): number {
    return this.rows - this.#taken;
  }

  take(rows: number): RowSlice {
    const from = this.#taken;
    this.#taken += rows;
    if (this.#taken === this.rows) this.waiting.leave();
    return { request: this, from, to: this.#taken };
  }

  /** The answer to one slice; the last one answers the request, in the order of its rows. */
  answer({ from, to }: RowSlice, outcome: RunOutcome): void {
    if (to - from === this.rows) {
      this.waiting.answer(outcome);
      return;
    }
    this.#parts.set(from, outcome);
    this.#answered += to - from;
    if (this.#answered < this.rows) return;
    try {
      this.waiting.answer(this.#joined());
    } catch (error) {
      this.waiting.refuse(error);
    }
  }

  #joined(): RunOutcome {
    const parts = [...this.#parts].sort(([left], [right]) => left - right).map(([, outcome]) => outcome);
    return {
      outputs: joinOutputs(
        parts.map(({ outputs }) => outputs),
        this.waiting.request.outputs,
        this.rows,
      ),
      startedAtMs: Math.min(...parts.map(({ startedAtMs }) => startedAtMs)),
      finishedAtMs: Math.max(...parts.map(({ finishedAtMs }) => finishedAtMs)),
      isBatched: true,
    };
  }
}

/** As {@link goesBefore}. */
export function batchedBefore(left: BatchedRequest, right: BatchedRequest): boolean {
  return goesBefore(left.waiting, right.waiting);
}

function joinOutputs(parts: readonly NamedTensors[], names: readonly string[], rows: number): NamedTensors {
  const joined = new Map<string, Tensor>();
  for (const name of names) {
    const tensors = parts.flatMap((outputs) => outputs.get(name) ?? []);
    const [first] = tensors;
    if (first === undefined) continue;
    const odd = tensors.find(({ shape }) => shape.slice(1).join() !== first.shape.slice(1).join());
    if (odd !== undefined) {
      throw new PlinthError(
        "BATCH_OUTPUT_INVALID",
        `The request was run in parts, but output "${name}" cannot be joined: parts are of the shapes ${formatShape(first.shape)} and ` +
          `${formatShape(odd.shape)}. Send no more rows at once than \`batching.maxBatchSize\``,
        { details: { output: name } },
      );
    }
    joined.set(name, joinRows(tensors, rows));
  }
  return joined;
}
