import type { InferCall, InferResult, ModelTarget } from "../extension-points/model-server.js";
import type { RequestFinished, RequestTimings } from "../extension-points/monitor.js";
import type { PlinthError } from "../model/errors.js";
import type { Servable } from "./execution/servable.js";
import type { ServerEvents } from "./server-events.js";

/** A request that a servable answered. Times are on the clock of `performance.now()`, in milliseconds. */
export interface AnsweredRequest {
  readonly call: InferCall;
  readonly result: InferResult;
  readonly calledAtMs: number;
  readonly finishedAtMs: number;
  readonly rows: number;
}

/** When a request's answer was written as bytes, and when its version was loaded; where that is known. */
export interface HandleTimes {
  readonly acquiredAtMs: number;
  readonly encodedAtMs: number | undefined;
}

/** Sees to it that each request for inference is counted once, and told once to the monitors where there are any. */
export class RequestLedger {
  readonly #events: ServerEvents;
  /** Errors that were told, so that protocols may hand over every one of theirs without thinking. */
  readonly #told = new WeakSet<PlinthError>();

  constructor(events: ServerEvents) {
    this.#events = events;
  }

  /** @param askedAtMs when the server was asked for a version */
  answered(
    servable: Servable,
    target: ModelTarget,
    askedAtMs: number,
    answer: AnsweredRequest,
    handle: HandleTimes | undefined,
  ): void {
    const { calledAtMs, finishedAtMs, rows, result } = answer;
    const { queueMs, computeMs } = result.timings;
    const encodedAtMs = handle?.encodedAtMs;
    const endedAtMs = encodedAtMs ?? finishedAtMs;
    const decodeMs = handle === undefined ? undefined : calledAtMs - handle.acquiredAtMs;
    const encodeMs = encodedAtMs === undefined ? undefined : encodedAtMs - finishedAtMs;
    const latencyMs = endedAtMs - askedAtMs;
    servable.recorder.succeeded({ latencyMs, queueMs, computeMs, decodeMs, encodeMs, rows }, endedAtMs);
    if (!this.#events.observed) return;
    const origin = answer.call.origin ?? target.origin;
    const startedAtMs = origin?.receivedAtMs ?? askedAtMs;
    const loadedAtMs = handle?.acquiredAtMs ?? calledAtMs;
    const timings: RequestTimings = {
      receiveMs: origin?.receivedAtMs === undefined ? undefined : askedAtMs - origin.receivedAtMs,
      loadMs: loadedAtMs > askedAtMs ? loadedAtMs - askedAtMs : undefined,
      decodeMs,
      queueMs,
      computeMs,
      encodeMs,
    };
    this.#emit(startedAtMs, endedAtMs, {
      model: servable.model,
      version: servable.version,
      signature: result.signature,
      error: undefined,
      timings,
      rows,
      origin,
      sample: this.#events.sampleOf(servable.model, answer.call.inputs, result.outputs),
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
    this.#emit(facts.origin?.receivedAtMs ?? askedAtMs, nowMs, { ...facts, timings: undefined, rows: 1 });
  }

  #emit(
    startedAtMs: number,
    endedAtMs: number,
    facts: Omit<RequestFinished, "type" | "startedAtMs" | "durationMs">,
  ): void {
    this.#events.emit({
      type: "request-finished",
      startedAtMs: performance.timeOrigin + startedAtMs,
      durationMs: endedAtMs - startedAtMs,
      ...facts,
    });
  }
}
