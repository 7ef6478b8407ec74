import type { InferCall, InferResult, ModelTarget, ServableHandle } from "../extension-points/model-server.js";
import type { PlinthError } from "../model/errors.js";
import type { ModelVersion } from "../model/model-version.js";
import type { Signature } from "../model/signature.js";
import type { RequestWatch, Servable } from "./execution/servable.js";
import type { AnsweredRequest, RequestLedger } from "./request-ledger.js";

/** When a handle was asked for and when it was there, on the clock of `performance.now()`. */
export interface AcquiredAt {
  readonly askedAtMs: number;
  readonly acquiredAtMs: number;
}

type Answer = Pick<AnsweredRequest, "call" | "result" | "calledAtMs" | "finishedAtMs" | "rows">;

/** A servable that is held for one request, which is told of once its answer has been encoded. */
export class HeldServable implements ServableHandle, RequestWatch {
  readonly #servable: Servable;
  readonly #target: ModelTarget;
  readonly #at: AcquiredAt;
  readonly #ledger: RequestLedger;
  readonly #infer: (call: InferCall, watch: RequestWatch) => Promise<InferResult>;
  #answered: Answer | undefined;
  #released = false;

  constructor(
    servable: Servable,
    target: ModelTarget,
    at: AcquiredAt,
    ledger: RequestLedger,
    infer: (call: InferCall, watch: RequestWatch) => Promise<InferResult>,
  ) {
    this.#servable = servable;
    this.#target = target;
    this.#at = at;
    this.#ledger = ledger;
    this.#infer = infer;
  }

  get model(): string {
    return this.#servable.model;
  }

  get version(): ModelVersion {
    return this.#servable.version;
  }

  get signatures(): ReadonlyMap<string, Signature> {
    return this.#servable.signatures;
  }

  signature(name?: string): Signature {
    return this.#servable.signature(name);
  }

  admit(): void {
    const error = this.#servable.refusal();
    if (error === undefined) return;
    this.#ledger.failed(this.#servable, this.#target, error, this.#at.askedAtMs);
    throw error;
  }

  infer(call: InferCall): Promise<InferResult> {
    return this.#infer(call, this);
  }

  answered(call: InferCall, result: InferResult, calledAtMs: number, finishedAtMs: number, rows: number): void {
    this.#finish(undefined);
    this.#answered = { call, result, calledAtMs, finishedAtMs, rows };
    if (this.#released) this.#finish(undefined);
  }

  failed(call: InferCall, error: PlinthError): void {
    this.#ledger.failed(this.#servable, this.#target, error, this.#at.askedAtMs, call);
  }

  [Symbol.dispose](): void {
    if (this.#released) return;
    this.#released = true;
    if (this.#answered !== undefined) this.#finish(performance.now());
    this.#servable.release();
  }

  #finish(encodedAtMs: number | undefined): void {
    const answered = this.#answered;
    if (answered === undefined) return;
    this.#answered = undefined;
    const { calledAtMs, finishedAtMs, result, rows } = answered;
    const { askedAtMs, acquiredAtMs } = this.#at;
    const { queueMs, computeMs } = result.timings;
    const endedAtMs = encodedAtMs ?? finishedAtMs;
    const { recorder } = this.#servable;
    recorder.succeeded(endedAtMs - askedAtMs, queueMs, computeMs, rows, endedAtMs);
    if (encodedAtMs !== undefined) recorder.coded(calledAtMs - acquiredAtMs, encodedAtMs - finishedAtMs);
    if (!this.#ledger.observed) return;
    this.#ledger.tell({ ...answered, ...this.#at, servable: this.#servable, target: this.#target, encodedAtMs });
  }
}
