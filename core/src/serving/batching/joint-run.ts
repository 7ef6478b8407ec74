import { PlinthError } from "../../model/errors.js";
import type { NamedTensors, Tensor } from "../../model/tensor.js";
import type { QueuedModel } from "../execution/executed-model.js";
import type { Run } from "../execution/run-order.js";
import type { RunRequest } from "../execution/run-queue.js";
import { whyUnwanted } from "../execution/waiting-requests.js";
import { paddedSize } from "./batchable.js";
import type { RowSlice } from "./batched-request.js";
import type { BatchingSettings } from "./batching-settings.js";
import { joinRows } from "./join-rows.js";
import { checkRows, sliceAll } from "./split-rows.js";

/** What a batch was and how long it ran. */
export interface BatchMeasure {
  readonly signature: string;
  readonly requests: number;
  /** Of the requests. */
  readonly rows: number;
  /** Added to reach an allowed size. */
  readonly paddingRows: number;
  readonly computeMs: number;
}

export interface BatchObserver {
  ran(batch: BatchMeasure): void;
  /** The outputs of a batch to this signature could not be shared out, so that it was run for nothing. */
  unbatchable(signature: string, error: PlinthError): void;
}

/**
 * Runs slices of requests as one batch and shares out the outputs.
 *
 * Where that fails for a reason that may lie in one of the requests, each is run on its own, so that only the one at fault fails; once
 * each, and only as long as the model itself is there.
 */
export class JointRun implements Run {
  readonly #signature: string;
  readonly #slices: readonly RowSlice[];
  readonly #settings: BatchingSettings;
  readonly #observer: BatchObserver;

  constructor(signature: string, slices: readonly RowSlice[], settings: BatchingSettings, observer: BatchObserver) {
    this.#signature = signature;
    this.#slices = slices;
    this.#settings = settings;
    this.#observer = observer;
  }

  get requests(): number {
    return this.#slices.length;
  }

  async start(model: QueuedModel, startedAtMs: number): Promise<void> {
    try {
      await this.#run(model, this.#slices, startedAtMs, this.#settings.allowedBatchSizes);
    } catch (thrown) {
      await this.#blame(model, PlinthError.from(thrown, "MODEL_RUN_FAILED"));
    }
  }

  async #blame(model: QueuedModel, error: PlinthError): Promise<void> {
    const isTorn = error.reason === "BATCH_OUTPUT_INVALID";
    if (isTorn) this.#observer.unbatchable(this.#signature, error);
    if (isTorn || (this.#slices.length > 1 && mayBeOneRequestsFault(error))) {
      await this.#runOneByOne(model, isTorn ? undefined : this.#settings.allowedBatchSizes);
    } else {
      for (const { request } of this.#slices) request.waiting.refuse(error);
    }
  }

  async #runOneByOne(model: QueuedModel, allowedSizes: readonly number[] | undefined): Promise<void> {
    let fatal: PlinthError | undefined;
    for (const slice of this.#slices) {
      const { waiting } = slice.request;
      const startedAtMs = performance.now();
      try {
        const unwanted = fatal ?? whyUnwanted(waiting.request, startedAtMs);
        if (unwanted !== undefined) throw unwanted;
        await this.#run(model, [slice], startedAtMs, allowedSizes);
      } catch (thrown) {
        const error = PlinthError.from(thrown, "MODEL_RUN_FAILED");
        if (error.code !== "DEADLINE_EXCEEDED" && error.code !== "CANCELLED" && !mayBeOneRequestsFault(error))
          fatal = error;
        waiting.refuse(error);
      }
    }
  }

  async #run(
    model: QueuedModel,
    slices: readonly RowSlice[],
    startedAtMs: number,
    allowedSizes: readonly number[] | undefined,
  ): Promise<void> {
    const rows = slices.reduce((sum, { from, to }) => sum + to - from, 0);
    const size = paddedSize(rows, allowedSizes);
    const whole = wholeRequest(slices, size);
    const outputs = await model.run({
      signature: this.#signature,
      inputs: whole?.inputs ?? joinInputs(slices, size),
      outputs: wantedOutputs(slices),
      signal: slices.length === 1 ? slices[0]?.request.waiting.request.signal : undefined,
    });
    const finishedAtMs = performance.now();
    this.#observer.ran({
      signature: this.#signature,
      requests: slices.length,
      rows,
      paddingRows: size - rows,
      computeMs: finishedAtMs - startedAtMs,
    });
    if (whole === undefined) checkRows(outputs, size);
    let at = 0;
    for (const slice of slices) {
      const { request, from, to } = slice;
      const end = at + to - from;
      const own = whole === undefined ? sliceAll(outputs, request.waiting.request.outputs, at, end) : outputs;
      request.answer(slice, { outputs: own, startedAtMs, finishedAtMs, isBatched: true });
      at = end;
    }
  }
}

/** Whether another request of the batch could have gone well. */
function mayBeOneRequestsFault({ code, reason }: PlinthError): boolean {
  return (
    code !== "UNAVAILABLE" && code !== "DEADLINE_EXCEEDED" && code !== "CANCELLED" && !reason.startsWith("EXECUTOR_")
  );
}

/** The one request that is all of the batch; `undefined` where there are several, a part of one, or rows that were added. */
function wholeRequest(slices: readonly RowSlice[], size: number): RunRequest | undefined {
  const [first] = slices;
  return slices.length === 1 && first?.request.rows === size ? first.request.waiting.request : undefined;
}

function joinInputs(slices: readonly RowSlice[], size: number): NamedTensors {
  const parts = slices.map(({ request, from, to }) => {
    const { inputs } = request.waiting.request;
    return to - from === request.rows ? inputs : sliceAll(inputs, inputs.keys(), from, to);
  });
  const joined = new Map<string, Tensor>();
  for (const name of parts[0]?.keys() ?? []) {
    joined.set(
      name,
      joinRows(
        parts.flatMap((inputs) => inputs.get(name) ?? []),
        size,
      ),
    );
  }
  return joined;
}

/** Each output that any of them asks for, once. */
function wantedOutputs(slices: readonly RowSlice[]): readonly string[] {
  const [first] = slices;
  const wanted = first?.request.waiting.request.outputs ?? [];
  if (slices.every(({ request }) => request.waiting.request.outputs === wanted)) return wanted;
  return [...new Set(slices.flatMap(({ request }) => request.waiting.request.outputs))];
}
