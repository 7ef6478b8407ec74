import { ChangeWatchers } from "../extension-points/change-watchers.js";
import type {
  InferCall,
  InferResult,
  ModelServer,
  ModelTarget,
  Readiness,
  ServableHandle,
  StreamCall,
  StreamedResult,
} from "../extension-points/model-server.js";
import type { StreamFigures } from "../extension-points/monitor.js";
import { PlinthError } from "../model/errors.js";
import type { ModelStatus, ShadowCounts } from "../model/version-state.js";
import { type RequestWatch, Servable } from "./execution/servable.js";
import { HeldServable } from "./held-servable.js";
import { RequestLedger } from "./request-ledger.js";
import { routeRequest, shadowOf } from "./routing/route-request.js";
import type { AnsweringVersion, VersionOnDemand } from "./routing/servable-map.js";
import { ShadowTraffic } from "./routing/shadow-traffic.js";
import type { ServedModels } from "./served-models.js";
import type { ServerEvents } from "./server-events.js";

/** The server that runs in this process. */
export class LocalModelServer implements ModelServer {
  readonly #catalog: ServedModels;
  readonly #ledger: RequestLedger;
  readonly #shadows: ShadowTraffic;
  readonly #stopWatchers = new ChangeWatchers();
  #stopping = false;

  constructor(catalog: ServedModels, events: ServerEvents) {
    this.#catalog = catalog;
    this.#ledger = new RequestLedger(events);
    this.#shadows = new ShadowTraffic(events);
  }

  async acquire(target: ModelTarget): Promise<ServableHandle> {
    const askedAtMs = performance.now();
    const held = this.#hold(target, askedAtMs);
    const isLoaded = held instanceof Servable;
    const servable = isLoaded ? held : await held;
    const acquiredAtMs = isLoaded ? askedAtMs : performance.now();
    return new HeldServable(servable, target, { askedAtMs, acquiredAtMs }, this.#ledger, (call, watch) =>
      this.#inferOn(servable, target, call, performance.now(), watch),
    );
  }

  overload(target: ModelTarget): PlinthError | undefined {
    const answering = this.#peek(target);
    if (!(answering instanceof Servable)) return undefined;
    const error = answering.refusal();
    if (error !== undefined) this.#ledger.failed(answering, target, error, arrivalOf(target));
    return error;
  }

  refused(target: ModelTarget, error: PlinthError): void {
    if (this.#ledger.wasTold(error)) return;
    const answering = target.version === undefined ? undefined : this.#peek(target);
    if (answering instanceof Servable) this.#ledger.failed(answering, target, error, arrivalOf(target));
    else this.#ledger.unrouted(this.#knownName(target), target, error, arrivalOf(target));
  }

  /** Not async where the version is loaded: one more promise would cost a request a tenth of its time here. */
  infer(request: ModelTarget & InferCall): Promise<InferResult> {
    const askedAtMs = performance.now();
    try {
      const held = this.#hold(request, askedAtMs);
      if (held instanceof Servable) return this.#inferDirectly(held, request, askedAtMs, askedAtMs);
      return held.then((loaded) => this.#inferDirectly(loaded, request, askedAtMs, performance.now()));
    } catch (thrown) {
      return Promise.reject(thrown);
    }
  }

  async *stream(request: ModelTarget & StreamCall): AsyncGenerator<StreamedResult, void, undefined> {
    const askedAtMs = performance.now();
    const servable = await this.#hold(request, askedAtMs);
    const watch = new DirectRequest(this.#ledger, servable, request, askedAtMs);
    yield* servable.stream(request, performance.now(), watch);
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

  watch(changed: () => void): Disposable {
    const ofModels = this.#catalog.watch(changed);
    const ofStopping = this.#stopWatchers.add(changed);
    return {
      [Symbol.dispose]: () => {
        ofModels[Symbol.dispose]();
        ofStopping[Symbol.dispose]();
      },
    };
  }

  /** Not ready from now on; requests are still answered. */
  beginStop(): void {
    this.#stopping = true;
    this.#stopWatchers.notify();
  }

  /** The servable is held, until the request is told of. */
  #inferDirectly(
    servable: Servable,
    request: ModelTarget & InferCall,
    askedAtMs: number,
    calledAtMs: number,
  ): Promise<InferResult> {
    const watch = new DirectRequest(this.#ledger, servable, request, askedAtMs);
    return this.#inferOn(servable, request, request, calledAtMs, watch);
  }

  /** As little async as {@link infer}. */
  #inferOn(
    servable: Servable,
    target: ModelTarget,
    call: InferCall,
    calledAtMs: number,
    watch: RequestWatch,
  ): Promise<InferResult> {
    const shadow = shadowOf(this.#catalog.servables, target, servable);
    const answering = servable.infer(call, calledAtMs, watch);
    return shadow === undefined ? answering : this.#mirrored(answering, shadow, call);
  }

  async #mirrored(answering: Promise<InferResult>, shadow: Servable, call: InferCall): Promise<InferResult> {
    shadow.hold();
    try {
      const result = await answering;
      this.#shadows.mirror(shadow, call, result);
      return result;
    } finally {
      shadow.release();
    }
  }

  /** Gives a promise only where a version has to be loaded first, so that nothing else costs a request the time of one. */
  #hold(target: ModelTarget, askedAtMs: number): Servable | Promise<Servable> {
    const answering = this.#route(target, askedAtMs);
    if (!(answering instanceof Servable)) return this.#holdOnceLoaded(answering, target, askedAtMs);
    answering.hold();
    return answering;
  }

  async #holdOnceLoaded(onDemand: VersionOnDemand, target: ModelTarget, askedAtMs: number): Promise<Servable> {
    const loaded = await onDemand.load(target).catch((error) => this.#refuse(target, error, askedAtMs));
    return loaded ?? this.#hold(target, askedAtMs);
  }

  #route(target: ModelTarget, askedAtMs: number): AnsweringVersion {
    try {
      return routeRequest(this.#catalog.servables, this.#catalog, target);
    } catch (thrown) {
      return this.#refuse(target, thrown, askedAtMs);
    }
  }

  #peek(target: ModelTarget): AnsweringVersion | undefined {
    try {
      return routeRequest(this.#catalog.servables, this.#catalog, target);
    } catch {
      return undefined;
    }
  }

  /** Tells of a request that reached no version. */
  #refuse(target: ModelTarget, thrown: unknown, askedAtMs: number): never {
    const error = PlinthError.from(thrown);
    const model = error.reason === "MODEL_NOT_FOUND" ? undefined : target.model;
    this.#ledger.unrouted(model, target, error, askedAtMs);
    throw error;
  }

  /** `undefined` where the client made it up. */
  #knownName({ model }: ModelTarget): string | undefined {
    return this.#catalog.servables.has(model) || this.#catalog.status(model) !== undefined ? model : undefined;
  }
}

/** A request without a handle, of which neither decoding nor encoding is known. It lets go of the servable in the end. */
class DirectRequest implements RequestWatch {
  readonly #ledger: RequestLedger;
  readonly #servable: Servable;
  readonly #target: ModelTarget;
  readonly #askedAtMs: number;

  constructor(ledger: RequestLedger, servable: Servable, target: ModelTarget, askedAtMs: number) {
    this.#ledger = ledger;
    this.#servable = servable;
    this.#target = target;
    this.#askedAtMs = askedAtMs;
  }

  answered(
    call: InferCall,
    result: InferResult,
    calledAtMs: number,
    finishedAtMs: number,
    rows: number,
    stream?: StreamFigures,
  ): void {
    const askedAtMs = this.#askedAtMs;
    const { queueMs, computeMs } = result.timings;
    this.#servable.recorder.succeeded(finishedAtMs - askedAtMs, queueMs, computeMs, rows, finishedAtMs);
    if (this.#ledger.observed) {
      const answer = { call, result, rows, calledAtMs, finishedAtMs, stream };
      this.#ledger.tell(this.#servable, this.#target, { askedAtMs, acquiredAtMs: calledAtMs }, answer, undefined);
    }
    this.#servable.release();
  }

  failed(call: InferCall, error: PlinthError): void {
    this.#ledger.failed(this.#servable, this.#target, error, this.#askedAtMs, call);
    this.#servable.release();
  }
}

/** Since when a request is counted that was asked for no version. */
function arrivalOf({ origin }: ModelTarget): number {
  return origin?.receivedAtMs ?? performance.now();
}
