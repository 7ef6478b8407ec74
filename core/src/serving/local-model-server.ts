import type {
  InferCall,
  InferResult,
  ModelServer,
  ModelTarget,
  Readiness,
  ServableHandle,
} from "../extension-points/model-server.js";
import { PlinthError } from "../model/errors.js";
import type { ModelVersion } from "../model/model-version.js";
import type { Signature } from "../model/signature.js";
import type { ModelStatus, ShadowCounts } from "../model/version-state.js";
import { Servable } from "./execution/servable.js";
import { routeRequest, shadowOf } from "./routing/route-request.js";
import type { AnsweringVersion, VersionOnDemand } from "./routing/servable-map.js";
import { ShadowTraffic } from "./routing/shadow-traffic.js";
import type { ServedModels } from "./served-models.js";
import type { ServerEvents } from "./server-events.js";

/** The server that runs in this process. */
export class LocalModelServer implements ModelServer {
  readonly #catalog: ServedModels;
  readonly #events: ServerEvents;
  readonly #shadows: ShadowTraffic;
  #stopping = false;

  constructor(catalog: ServedModels, events: ServerEvents) {
    this.#catalog = catalog;
    this.#events = events;
    this.#shadows = new ShadowTraffic(events);
  }

  async acquire(target: ModelTarget): Promise<ServableHandle> {
    const held = this.#hold(target);
    const servable = held instanceof Servable ? held : await held;
    return new HeldServable(servable, this.#events, (call) => this.#inferOn(servable, target, call));
  }

  overload(target: ModelTarget): PlinthError | undefined {
    const answering = this.#peek(target);
    return answering instanceof Servable ? refusalOf(answering, this.#events) : undefined;
  }

  async infer(request: ModelTarget & InferCall): Promise<InferResult> {
    const held = this.#hold(request);
    const servable = held instanceof Servable ? held : await held;
    try {
      return await this.#inferOn(servable, request, request);
    } finally {
      servable.release();
    }
  }

  models(): readonly ModelStatus[] {
    return this.#catalog.modelNames().flatMap((model) => this.status(model) ?? []);
  }

  status(model: string): ModelStatus | undefined {
    const status = this.#catalog.status(model);
    const shadow = this.#catalog.servables.get(model)?.traffic?.shadow;
    const counts = shadow && this.shadowCounts(shadow);
    return status && shadow && counts ? { ...status, shadow: { version: shadow.version, ...counts } } : status;
  }

  /** What came of mirroring to a version here; `undefined` where nothing was mirrored. */
  shadowCounts(shadow: Servable): ShadowCounts | undefined {
    return this.#shadows.counts(shadow);
  }

  readiness(): Readiness {
    if (this.#stopping) return { ready: false, reasons: ["The server is stopping"] };
    const reasons = [...this.#catalog.unavailable().values()];
    return { ready: reasons.length === 0, reasons };
  }

  /** Not ready from now on; requests are still answered. */
  beginStop(): void {
    this.#stopping = true;
  }

  /** Not async itself: one more promise would cost a request that is not mirrored a tenth of its time here. */
  #inferOn(servable: Servable, target: ModelTarget, call: InferCall): Promise<InferResult> {
    const shadow = shadowOf(this.#catalog.servables, target, servable);
    return shadow === undefined
      ? observedInfer(servable, call, this.#events)
      : this.#mirroredInfer(servable, shadow, call);
  }

  async #mirroredInfer(servable: Servable, shadow: Servable, call: InferCall): Promise<InferResult> {
    shadow.hold();
    try {
      const result = await observedInfer(servable, call, this.#events);
      this.#shadows.mirror(shadow, call, result);
      return result;
    } finally {
      shadow.release();
    }
  }

  /** Gives a promise only where a version has to be loaded first, so that nothing else costs a request the time of one. */
  #hold(target: ModelTarget): Servable | Promise<Servable> {
    const answering = this.#route(target);
    if (!(answering instanceof Servable)) return this.#holdOnceLoaded(answering, target);
    answering.hold();
    return answering;
  }

  async #holdOnceLoaded(onDemand: VersionOnDemand, target: ModelTarget): Promise<Servable> {
    const loaded = await onDemand.load(target).catch((error) => this.#refuse(target, error));
    return loaded ?? this.#hold(target);
  }

  #route(target: ModelTarget): AnsweringVersion {
    try {
      return routeRequest(this.#catalog.servables, this.#catalog, target);
    } catch (thrown) {
      return this.#refuse(target, thrown);
    }
  }

  #peek(target: ModelTarget): AnsweringVersion | undefined {
    try {
      return routeRequest(this.#catalog.servables, this.#catalog, target);
    } catch {
      return undefined;
    }
  }

  /** Tells the monitors of a request that reached no version. */
  #refuse(target: ModelTarget, thrown: unknown): never {
    const error = PlinthError.from(thrown);
    this.#events.emit({
      type: "request-finished",
      model: error.reason === "MODEL_NOT_FOUND" ? undefined : target.model,
      version: undefined,
      signature: undefined,
      error,
      timings: undefined,
    });
    throw error;
  }
}

class HeldServable implements ServableHandle {
  readonly #servable: Servable;
  readonly #events: ServerEvents;
  readonly #infer: (call: InferCall) => Promise<InferResult>;
  #released = false;

  constructor(servable: Servable, events: ServerEvents, infer: (call: InferCall) => Promise<InferResult>) {
    this.#servable = servable;
    this.#events = events;
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

  get signatures(): ReadonlyMap<string, Signature> {
    return this.#servable.signatures;
  }

  signature(name?: string): Signature {
    return this.#servable.signature(name);
  }

  admit(): void {
    const error = refusalOf(this.#servable, this.#events);
    if (error !== undefined) throw error;
  }

  infer(call: InferCall): Promise<InferResult> {
    return this.#infer(call);
  }

  [Symbol.dispose](): void {
    if (this.#released) return;
    this.#released = true;
    this.#servable.release();
  }
}

/** Why the servable takes no more requests now; the monitors are told of it. */
function refusalOf(servable: Servable, events: ServerEvents): PlinthError | undefined {
  const error = servable.refusal();
  if (error === undefined) return undefined;
  const { model, version } = servable;
  events.emit({ type: "request-finished", model, version, signature: undefined, error, timings: undefined });
  return error;
}

/** Runs the call and tells the monitors, where there are any, how it went. */
function observedInfer(servable: Servable, call: InferCall, events: ServerEvents): Promise<InferResult> {
  const calledAtMs = performance.now();
  const answering = servable.infer(call, calledAtMs);
  return events.observed ? toldOf(answering, servable, events) : answering;
}

async function toldOf(answering: Promise<InferResult>, servable: Servable, events: ServerEvents): Promise<InferResult> {
  let result: InferResult | undefined;
  let error: PlinthError | undefined;
  try {
    result = await answering;
    return result;
  } catch (thrown) {
    error = PlinthError.from(thrown);
    throw error;
  } finally {
    events.emit({
      type: "request-finished",
      model: servable.model,
      version: servable.version,
      signature: result?.signature,
      error,
      timings: result?.timings,
    });
  }
}
