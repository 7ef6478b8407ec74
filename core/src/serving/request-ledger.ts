import type { InferCall, InferResult, ModelTarget } from "../extension-points/model-server.js";
import type { RequestFinished, RequestTimings, StreamFigures } from "../extension-points/monitor.js";
import type { PlinthError } from "../model/errors.js";
import type { Servable } from "./execution/servable.js";
import type { ServerEvents } from "./server-events.js";
import { epochMsOf } from "./statistics/epoch-clock.js";

/** An answer, and when it came about. Times are on the clock of `performance.now()`, in milliseconds. */
export interface Answer {
  readonly call: InferCall;
  readonly result: InferResult;
  readonly rows: number;
  readonly calledAtMs: number;
  readonly finishedAtMs: number;
  readonly stream: StreamFigures | undefined;
}

/** When a request asked for a version, and when that was loaded. */
export interface AcquiredAt {
  readonly askedAtMs: number;
  readonly acquiredAtMs: number;
}

/** Tells the monitors once of each request for inference, and counts those that fail. */
export class RequestLedger {
  readonly #events: ServerEvents;
  /** Errors that were told, so that protocols may hand over every one of theirs without thinking. */
  readonly #told = new WeakSet<PlinthError>();

  constructor(events: ServerEvents) {
    this.#events = events;
  }

  /** Whether there is anybody to {@link tell}. */
  get observed(): boolean {
    return this.#events.successObserved;
  }

  /**
   * Tells the monitors of a request that was answered, and that its version's recorder has counted. Objects are made as they are meant to
   * be and never put together of others: that alone would cost several microseconds a request.
   *
   * @param encodedAtMs when the answer was written as bytes; `undefined` where nobody told
   */
  tell(servable: Servable, target: ModelTarget, at: AcquiredAt, answer: Answer, encodedAtMs: number | undefined): void {
    const { call, result, rows, calledAtMs, finishedAtMs, stream } = answer;
    const { askedAtMs, acquiredAtMs } = at;
    const origin = call.origin ?? target.origin;
    const receivedAtMs = origin?.receivedAtMs;
    const timings: RequestTimings = {
      receiveMs: receivedAtMs === undefined ? undefined : askedAtMs - receivedAtMs,
      loadMs: acquiredAtMs > askedAtMs ? acquiredAtMs - askedAtMs : undefined,
      decodeMs: encodedAtMs === undefined ? undefined : calledAtMs - acquiredAtMs,
      queueMs: result.timings.queueMs,
      computeMs: result.timings.computeMs,
      encodeMs: encodedAtMs === undefined ? undefined : encodedAtMs - finishedAtMs,
    };
    const startedAtMs = receivedAtMs ?? askedAtMs;
    this.#events.emitSuccess({
      type: "request-finished",
      model: servable.model,
      version: servable.version,
      signature: result.signature,
      error: undefined,
      startedAtMs: epochMsOf(startedAtMs),
      durationMs: (encodedAtMs ?? finishedAtMs) - startedAtMs,
      timings,
      stream,
      rows,
      origin,
      sample: this.#events.sampleOf(servable.model, call.inputs, result.outputs),
    });
  }

  /** A request to a version failed, or was refused by it. */
  failed(servable: Servable, target: ModelTarget, error: PlinthError, askedAtMs: number, call?: InferCall): void {
    this.#told.add(error);
    const nowMs = performance.now();
    servable.recorder.failed(error.code, nowMs - askedAtMs, nowMs);
    if (!this.#events.observed) return;
    const origin = call?.origin ?? target.origin;
    const sample = call && this.#events.sampleOfFailed(call.inputs);
    const { model, version } = servable;
    // Where the signature is not one of the model's, the client made it up.
    const signature =
      call?.signature !== undefined && servable.signatures.has(call.signature) ? call.signature : undefined;
    this.#emitFailure({ model, version, signature, error, origin, sample }, askedAtMs, nowMs);
  }

  /** A request reached no version. @param model `undefined` where there is none of that name */
  unrouted(model: string | undefined, target: ModelTarget, error: PlinthError, askedAtMs: number): void {
    this.#told.add(error);
    this.#events.recorders.refused(model, error.code);
    if (!this.#events.observed) return;
    const { origin } = target;
    const facts = { model, version: undefined, signature: undefined, error, origin, sample: undefined };
    this.#emitFailure(facts, askedAtMs, performance.now());
  }

  wasTold(error: PlinthError): boolean {
    return this.#told.has(error);
  }

  #emitFailure(
    facts: Pick<RequestFinished, "model" | "version" | "signature" | "error" | "origin" | "sample">,
    askedAtMs: number,
    nowMs: number,
  ): void {
    const startedAtMs = facts.origin?.receivedAtMs ?? askedAtMs;
    this.#events.emit({
      type: "request-finished",
      ...facts,
      startedAtMs: epochMsOf(startedAtMs),
      durationMs: nowMs - startedAtMs,
      timings: undefined,
      rows: 1,
    });
  }
}
