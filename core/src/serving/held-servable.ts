import type {
  InferCall,
  InferResult,
  ModelTarget,
  ServableFacts,
  ServableHandle,
  StreamCall,
  StreamedResult,
} from "../extension-points/model-server.js";
import type { StreamFigures } from "../extension-points/monitor.js";
import type { PlinthError } from "../model/errors.js";
import type { ModelVersion } from "../model/model-version.js";
import type { Signature } from "../model/signature.js";
import type { RequestWatch, Servable } from "./execution/servable.js";
import type { AcquiredAt, Answer, RequestLedger } from "./request-ledger.js";

/** A servable that is held for one request, which is told of once its answer has been encoded. */
export class HeldServable implements ServableHandle, RequestWatch {
  readonly #servable: Servable;
  readonly #target: ModelTarget;
  readonly #at: AcquiredAt;
  readonly #ledger: RequestLedger;
  readonly #infer: (call: InferCall, watch: RequestWatch) => Promise<InferResult>;
  #answered: Answer | undefined;
  #released = false;
  #hasTold = false;

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

  get backend(): string {
    return this.#servable.backend;
  }

  get maxBatchSize(): number | undefined {
    return this.#servable.maxBatchSize;
  }

  get signatures(): ReadonlyMap<string, Signature> {
    return this.#servable.signatures;
  }

  get facts(): ServableFacts {
    return this.#servable.facts;
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

  stream(call: StreamCall): AsyncGenerator<StreamedResult, void, undefined> {
    return this.#servable.stream(call, performance.now(), this);
  }

  answered(
    call: InferCall,
    result: InferResult,
    calledAtMs: number,
    finishedAtMs: number,
    rows: number,
    stream?: StreamFigures,
  ): void {
    this.#finish(undefined);
    this.#answered = { call, result, calledAtMs, finishedAtMs, rows, stream };
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

  /** Of a handle with several calls, each is told from its own beginning, without decoding and encoding. */
  #finish(encodedAtMs: number | undefined): void {
    const answered = this.#answered;
    if (answered === undefined) return;
    this.#answered = undefined;
    const { calledAtMs, finishedAtMs, result, rows } = answered;
    const at = this.#hasTold ? { askedAtMs: calledAtMs, acquiredAtMs: calledAtMs } : this.#at;
    const encoded = this.#hasTold ? undefined : encodedAtMs;
    this.#hasTold = true;
    const { queueMs, computeMs } = result.timings;
    const endedAtMs = encoded ?? finishedAtMs;
    const { recorder } = this.#servable;
    recorder.succeeded(endedAtMs - at.askedAtMs, queueMs, computeMs, rows, endedAtMs);
    if (encoded !== undefined) recorder.coded(calledAtMs - at.acquiredAtMs, encoded - finishedAtMs);
    if (this.#ledger.observed) this.#ledger.tell(this.#servable, this.#target, at, answered, encoded);
  }
}
