import type {
  InferCall,
  InferResult,
  ServableFacts,
  StreamCall,
  StreamedResult,
} from "../../extension-points/model-server.js";
import type { StreamFigures } from "../../extension-points/monitor.js";
import { PlinthError } from "../../model/errors.js";
import type { ModelVersion } from "../../model/model-version.js";
import { quotedNames } from "../../model/quoted-names.js";
import { DEFAULT_SIGNATURE, type Signature } from "../../model/signature.js";
import { batchableRows, isBatchable } from "../batching/batchable.js";
import type { VersionRecorder } from "../statistics/version-recorder.js";
import { checkInputs, completeInputs } from "./check-inputs.js";
import type { ExecutedModel, Outage } from "./executed-model.js";
import type { ModelQueues } from "./run-queue.js";
import { countedStream } from "./servable-stream.js";
import type { StreamRequest } from "./stream-turn.js";
import { overran } from "./waiting-requests.js";

/**
 * Is told how a request comes out, at once and before whoever asked; must not throw. Times are on the clock of `performance.now()`. An answer
 * comes in parts, because one more object costs the shortest requests a tenth of their time or more.
 */
export interface RequestWatch {
  answered(
    call: InferCall,
    result: InferResult,
    calledAtMs: number,
    finishedAtMs: number,
    rows: number,
    stream?: StreamFigures,
  ): void;
  failed(call: InferCall, error: PlinthError, calledAtMs: number): void;
}

/** A signature with what each request to it needs. */
interface ServedSignature {
  readonly signature: Signature;
  readonly outputNames: readonly string[];
  readonly hasRows: boolean;
}

/** Counts every use of every servable, so that uses have an order. */
let uses = 0;

/**
 * A version in service: a loaded model, and how many callers hold it. It is freed only when the last of them has let go, on the
 * lifecycle's side and never within a request.
 */
export class Servable {
  readonly model: string;
  readonly version: ModelVersion;
  /** The name of the backend that loaded it. */
  readonly backend: string;
  /** Where its requests are counted. */
  readonly recorder: VersionRecorder;
  readonly facts: ServableFacts;
  readonly #executed: ExecutedModel;
  readonly #queue: ModelQueues["runs"];
  readonly #streams: ModelQueues["streams"];
  readonly #freed: () => Promise<void>;
  readonly #served: ReadonlyMap<string, ServedSignature>;
  readonly #onlyStreams: boolean;
  #holders = 0;
  #lastUse = ++uses;
  #allReleased: (() => void) | undefined;

  /**
   * Owns both, the executed model and the queues before it.
   *
   * @param freed gives back what the model needed, once it is freed
   */
  constructor(
    model: string,
    version: ModelVersion,
    backend: string,
    executed: ExecutedModel,
    queues: ModelQueues,
    recorder: VersionRecorder,
    freed: () => Promise<void>,
  ) {
    this.model = model;
    this.version = version;
    this.backend = backend;
    this.recorder = recorder;
    recorder.queue = this;
    this.#executed = executed;
    this.facts = queues.facts;
    this.#queue = queues.runs;
    this.#streams = queues.streams;
    this.#freed = freed;
    this.#served = new Map(
      [...executed.signatures].map(([name, signature]) => [
        name,
        { signature, outputNames: [...signature.outputs.keys()], hasRows: isBatchable(signature) },
      ]),
    );
    this.#onlyStreams = [...executed.signatures.values()].every((signature) => signature.streams === "only");
  }

  get maxBatchSize(): number | undefined {
    return this.#queue.maxBatchSize;
  }

  /** Requests that wait for the model. */
  get waiting(): number {
    return this.#queue.waiting + (this.#streams?.waiting ?? 0);
  }

  get signatures(): ReadonlyMap<string, Signature> {
    return this.#executed.signatures;
  }

  /** How it was loaded, for people. */
  get details(): ReadonlyMap<string, string> | undefined {
    return this.#executed.details;
  }

  /** Why none of its instances is up; `undefined` while one is. */
  get outage(): Outage | undefined {
    return this.#executed.outage;
  }

  hold(): void {
    this.#holders++;
    this.#lastUse = ++uses;
  }

  release(): void {
    this.#holders--;
    if (this.#holders === 0 && this.#allReleased !== undefined) this.#tellAllReleased(this.#allReleased);
  }

  get isHeld(): boolean {
    return this.#holders > 0;
  }

  /** Higher than that of every servable that was last taken hold of before this one. */
  get lastUse(): number {
    return this.#lastUse;
  }

  /** Has `idle` called once, when the last holder lets go. Replaces what was to be called before; {@link quiesce} replaces this. */
  onIdle(idle: () => void): void {
    this.#allReleased = idle;
  }

  /** Why one more request would be refused now, as {@link ServableHandle.admit} says it. */
  refusal(): PlinthError | undefined {
    return this.#onlyStreams ? this.#streams?.refusal() : this.#queue.refusal();
  }

  /** Settles when nobody holds it. Called once, after it was taken out of the map, so that nobody can begin to. */
  async quiesce(): Promise<void> {
    if (this.#holders === 0) return;
    await new Promise<void>((resolve) => {
      this.#allReleased = resolve;
    });
  }

  /** Frees the model. Called once, after {@link quiesce}. */
  async free(): Promise<void> {
    // A newer life of the version may count there already.
    if (this.recorder.queue === this) this.recorder.queue = undefined;
    await Promise.all([this.#queue[Symbol.asyncDispose](), this.#streams?.[Symbol.asyncDispose]()]);
    try {
      await this.#executed[Symbol.asyncDispose]();
    } finally {
      await this.#freed();
    }
  }

  /** @throws PlinthError `SIGNATURE_NOT_FOUND` */
  signature(name: string = DEFAULT_SIGNATURE): Signature {
    return (this.#served.get(name) ?? this.#notServed(name)).signature;
  }

  /**
   * {@link ServableHandle.infer}; `calledAtMs` is on the clock of `performance.now()`. The caller holds the servable.
   *
   * @param watch absent: the request is nobody's, so that it is not counted
   */
  async infer(call: InferCall, calledAtMs: number, watch?: RequestWatch): Promise<InferResult> {
    const { recorder } = this;
    if (watch !== undefined) recorder.inFlight++;
    let isAtOnce = false;
    let ranMs: number | undefined;
    try {
      const name = call.signature ?? DEFAULT_SIGNATURE;
      const { signature, outputNames, hasRows } = this.#served.get(name) ?? this.#notServed(name);
      if (signature.streams === "only") throw this.#streamsOnly(name);
      checkInputs(signature, call.inputs);
      const request = {
        signature: name,
        inputs: completeInputs(signature, call.inputs),
        outputs: call.outputs === undefined ? outputNames : checkOutputs(signature, call.outputs),
        deadlineMs: call.deadlineMs,
        priority: call.priority,
        signal: call.signal,
      };
      isAtOnce = this.#queue.startAtOnce(request, calledAtMs);
      const { outputs, startedAtMs, finishedAtMs, isBatched } = isAtOnce
        ? {
            outputs: await this.#executed.run(request),
            startedAtMs: calledAtMs,
            finishedAtMs: performance.now(),
            isBatched: false,
          }
        : await this.#queue.run(request);
      ranMs = finishedAtMs - startedAtMs;
      if (isAtOnce && call.deadlineMs !== undefined && finishedAtMs > call.deadlineMs) throw overran();
      const result = {
        outputs,
        model: this.model,
        version: this.version,
        signature: name,
        timings: { queueMs: startedAtMs - calledAtMs, computeMs: ranMs },
      };
      if (watch !== undefined) {
        const rows = hasRows ? (batchableRows(call.inputs) ?? 1) : 1;
        if (!isBatched) recorder.ran(rows, result.timings.computeMs, finishedAtMs);
        watch.answered(call, result, calledAtMs, finishedAtMs, rows);
      }
      return result;
    } catch (thrown) {
      const error = PlinthError.from(thrown, "MODEL_RUN_FAILED");
      watch?.failed(call, error, calledAtMs);
      throw error;
    } finally {
      if (isAtOnce) this.#queue.ended(ranMs);
      if (watch !== undefined) recorder.inFlight--;
    }
  }

  /**
   * {@link ServableHandle.stream}; `calledAtMs` is on the clock of `performance.now()`. The caller holds the servable until the stream is over
   * for him; until the model has ended it, it is held besides.
   */
  async *stream(
    call: StreamCall,
    calledAtMs: number,
    watch?: RequestWatch,
  ): AsyncGenerator<StreamedResult, void, undefined> {
    const signature = call.signature ?? DEFAULT_SIGNATURE;
    const answer = { model: this.model, version: this.version, signature };
    if (this.#streams === undefined || this.signatures.get(signature)?.streams === undefined) {
      const { outputs } = await this.infer(call, calledAtMs, watch);
      yield { ...answer, outputs };
      return;
    }
    const { recorder } = this;
    const request = this.#streamRequest(call, signature, calledAtMs, watch);
    this.hold();
    const ended = () => this.release();
    yield* countedStream(this.#streams, { call, request, calledAtMs, answer, recorder, watch, ended });
  }

  #streamRequest(call: StreamCall, name: string, calledAtMs: number, watch?: RequestWatch): StreamRequest {
    try {
      const { signature, outputNames } = this.#served.get(name) ?? this.#notServed(name);
      checkInputs(signature, call.inputs);
      const { deadlineMs, untilMs, priority, signal } = call;
      const outputs = call.outputs === undefined ? outputNames : checkOutputs(signature, call.outputs);
      const inputs = completeInputs(signature, call.inputs);
      return { signature: name, inputs, outputs, deadlineMs, untilMs, priority, signal };
    } catch (thrown) {
      const error = PlinthError.from(thrown);
      watch?.failed(call, error, calledAtMs);
      throw error;
    }
  }

  #streamsOnly(signature: string): PlinthError {
    return new PlinthError(
      "STREAM_ONLY",
      `Model ${this.model} version ${this.version} answers ${signature} with a stream: expected a request that takes many answers`,
      { details: { model: this.model, version: String(this.version), signature } },
    );
  }

  #tellAllReleased(tell: () => void): void {
    this.#allReleased = undefined;
    tell();
  }

  #notServed(signature: string): never {
    throw new PlinthError(
      "SIGNATURE_NOT_FOUND",
      `Serving signature key "${signature}" not found. Model ${this.model} version ${this.version} has ${quotedNames(this.signatures.keys())}`,
      { details: { model: this.model, version: String(this.version), signature } },
    );
  }
}

function checkOutputs(signature: Signature, outputs: readonly string[]): readonly string[] {
  const unknown = outputs.filter((name) => !signature.outputs.has(name));
  if (unknown.length > 0 || outputs.length === 0) {
    throw new PlinthError(
      "OUTPUT_UNKNOWN",
      `Expected names out of ${quotedNames(signature.outputs.keys())} for the outputs, got ${quotedNames(outputs)}`,
    );
  }
  return [...new Set(outputs)];
}
