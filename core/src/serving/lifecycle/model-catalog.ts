import pLimit, { type LimitFunction } from "p-limit";
import { ChangeWatchers } from "../../extension-points/change-watchers.js";
import type { Logger } from "../../extension-points/logger.js";
import type { MemoryFigures } from "../../extension-points/server-statistics.js";
import { settledOrAborted } from "../../extension-points/settled-or-aborted.js";
import type { ModelStorage, StoredModel } from "../../extension-points/storage.js";
import { PlinthError } from "../../model/errors.js";
import type { ModelVersion } from "../../model/model-version.js";
import { canAnswer, type ModelStatus, tellingVersion } from "../../model/version-state.js";
import type { ModelDescriptions } from "../deployment/model-descriptions.js";
import { type ModelPlan, wantedVersions } from "../deployment/model-plan.js";
import type { ModelPlans } from "../deployment/model-plans.js";
import type { BackendSource } from "../execution/backend-source.js";
import { LOCAL_EXECUTOR, type ModelExecutor } from "../execution/model-executor.js";
import { type AnsweringVersion, isAnyLoaded, outageOf, type ServableMap, withModel } from "../routing/servable-map.js";
import { hasRules, TrafficTable } from "../routing/traffic-table.js";
import type { ServedModels } from "../served-models.js";
import type { ServerEvents } from "../server-events.js";
import { IdleUnloading } from "./idle-unloading.js";
import { type LoadContext, loadServable } from "./load-servable.js";
import { MemoryBudget } from "./memory-budget.js";
import { ModelLifecycle } from "./model-lifecycle.js";
import { withinTimeLimit } from "./within-time-limit.js";

/** Loads under way at once, over all models. */
const MAX_CONCURRENT_LOADS = 2;

/** Longest that one look into the storage may take, in milliseconds. */
const LIST_TIMEOUT_MS = 60_000;

export interface ModelCatalogOptions {
  readonly storage: ModelStorage;
  readonly backends: readonly BackendSource[];
  /** What is to run; after a change of it {@link ModelCatalog.replan} brings it about. */
  readonly plans: ModelPlans;
  /** Default: no files describe models. */
  readonly descriptions?: ModelDescriptions | undefined;
  /** 0: it looks only when it is told to. */
  readonly pollIntervalMs: number;
  /** What all versions in memory may need together; 0: no bound. */
  readonly memoryBudgetBytes: number;
  /** How long a lazy version stays in memory that nobody uses; 0: until others need the memory. */
  readonly idleUnloadMs: number;
  /** Default: models run in this process. */
  readonly executor?: ModelExecutor | undefined;
  /** Told of a model at once whenever something that requests see of it may have changed. */
  readonly changed?: ((model: string) => void) | undefined;
  readonly events: ServerEvents;
  readonly logger: Logger;
}

/**
 * Follows the storage: looks again and again which versions there are, says which of them are wanted, and has each model's
 * lifecycle bring that about. What is in service at this moment is {@link servables}.
 */
export class ModelCatalog implements ServedModels {
  readonly #options: ModelCatalogOptions;
  readonly #lifecycles = new Map<string, ModelLifecycle>();
  readonly #limitLoads: LimitFunction = pLimit(MAX_CONCURRENT_LOADS);
  readonly #memory: MemoryBudget;
  readonly #idleUnloading: IdleUnloading;
  readonly #stopping = new AbortController();
  readonly #watchers = new ChangeWatchers();
  /** What the storage held when last asked. */
  #listing: ReadonlyMap<string, StoredModel> = new Map();
  #servables: ServableMap = new Map();
  #follow: ((signal: AbortSignal) => Promise<void>) | undefined;
  #refreshing: Promise<void> | undefined;
  #refreshAgain = false;
  #pollTimer: NodeJS.Timeout | undefined;
  #watch: Disposable | undefined;
  #storageError: string | undefined;
  /** Until what was found at first is loaded, well or not: nobody counts on quick answers before. */
  #isStarting = true;

  constructor(options: ModelCatalogOptions) {
    this.#options = options;
    const reclaimable = () => [...this.#lifecycles.values()].flatMap((lifecycle) => lifecycle.reclaimable());
    this.#memory = new MemoryBudget(options.memoryBudgetBytes, reclaimable);
    this.#idleUnloading = new IdleUnloading(options.idleUnloadMs, reclaimable);
    for (const model of options.plans.configuredNames()) this.#lifecycle(model);
  }

  /** Looks into the storage for the first time and begins to load; then goes on looking until {@link stop}. */
  async start(signal: AbortSignal): Promise<void> {
    this.#apply(await this.#list(signal));
    void this.settled().then(() => {
      this.#isStarting = false;
    });
    this.#watch = this.#options.storage.watch?.(() => void this.refresh());
    this.#poll();
    this.#idleUnloading.start();
  }

  /** Has something else done ahead of each look into the storage from now on: what other servers have written there. */
  beforeEachLook(follow: (signal: AbortSignal) => Promise<void>): void {
    this.#follow = follow;
  }

  /** Looks into the storage now. Never rejects: what fails is logged, and everything stays as it is. */
  async refresh(): Promise<void> {
    if (this.#refreshing !== undefined) {
      this.#refreshAgain = true;
      return this.#refreshing;
    }
    this.#refreshing = this.#refreshUntilQuiet();
    await this.#refreshing;
    this.#refreshing = undefined;
  }

  /** What versions in memory need together. */
  get memory(): MemoryFigures {
    return this.#memory.figures;
  }

  /** What is in service now. */
  get servables(): ServableMap {
    return this.#servables;
  }

  modelNames(): readonly string[] {
    const unreadable = [...this.#listing.values()].filter(
      ({ model, error }) => error !== undefined && this.isServed(model),
    );
    return [...new Set([...this.#lifecycles.keys(), ...unreadable.map(({ model }) => model)])].sort();
  }

  status(model: string): ModelStatus | undefined {
    const lifecycle = this.#lifecycles.get(model);
    const error = this.isServed(model) ? this.#listing.get(model)?.error : undefined;
    if (lifecycle === undefined && error === undefined) return undefined;
    return {
      model,
      versions: lifecycle?.statuses() ?? [],
      labels: this.labels(model),
      ...(error !== undefined && { error }),
    };
  }

  labels(model: string): ReadonlyMap<string, ModelVersion> {
    return this.#options.plans.plan(model).labels;
  }

  /** Whether the model is to be served at all. */
  isServed(model: string): boolean {
    return this.#options.plans.plan(model).served && !this.#isGone(model);
  }

  /** Whether it was removed as a whole, and no version of it has come since. */
  #isGone(model: string): boolean {
    const stored = this.#listing.get(model);
    const isEmpty = stored === undefined || (stored.versions.length === 0 && stored.error === undefined);
    return isEmpty && this.#options.plans.isRemoved(model);
  }

  /**
   * What the storage held of a model when last asked, served or not; `undefined` where there was nothing, as where a publish that broke off
   * has left an empty place of one that was removed.
   */
  stored(model: string): StoredModel | undefined {
    return this.#isGone(model) ? undefined : this.#listing.get(model);
  }

  /** Every model that the storage held when last asked. */
  storedNames(): readonly string[] {
    return [...this.#listing.keys()].filter((model) => this.stored(model) !== undefined);
  }

  /** Begins to bring about what the plans say now of one model, or of all. */
  replan(model?: string): void {
    const all = [...this.#lifecycles.keys(), ...this.#listing.keys(), ...this.#options.plans.configuredNames()];
    for (const each of new Set(model === undefined ? all : [model])) this.#bringAbout(each);
  }

  /** Loads versions of a lazy model now: one, or all that are wanted. */
  load(model: string, version?: ModelVersion): void {
    this.#lifecycles.get(model)?.load(version);
  }

  /** Settles when no load or unload of these models, or of any, is under way, or when `signal` aborts. */
  async settled(models: Iterable<string> = this.#lifecycles.keys(), signal?: AbortSignal): Promise<void> {
    const settling = Promise.all([...models].map((model) => this.#lifecycles.get(model)?.settled()));
    if (signal === undefined) await settling;
    else await settledOrAborted(settling, signal);
  }

  watch(changed: () => void): Disposable {
    return this.#watchers.add(changed);
  }

  /** Why models that are to be served have no version that can answer, by name. */
  unavailable(): ReadonlyMap<string, string> {
    return new Map(
      this.modelNames().flatMap((model) => {
        const why = this.whyUnavailable(model);
        return why === undefined ? [] : [[model, why] as const];
      }),
    );
  }

  /** Stops looking, unloads every model once its last request is done, and waits for that. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    clearTimeout(this.#pollTimer);
    this.#idleUnloading[Symbol.dispose]();
    this.#watch?.[Symbol.dispose]();
    await this.#refreshing;
    await Promise.all([...this.#lifecycles.values()].map((lifecycle) => lifecycle.stop()));
  }

  /** As {@link unavailable}, of one model. */
  whyUnavailable(model: string): string | undefined {
    const status = this.isServed(model) ? this.status(model) : undefined;
    if (status === undefined) return undefined;
    if (!status.versions.some(canAnswer)) return whyUnavailable(status);
    return outageOf(this.#servables.get(model))?.error.message;
  }

  #poll(): void {
    if (this.#stopping.signal.aborted || this.#options.pollIntervalMs === 0) return;
    this.#pollTimer = setTimeout(() => void this.refresh().then(() => this.#poll()), this.#options.pollIntervalMs);
  }

  async #refreshUntilQuiet(): Promise<void> {
    do {
      this.#refreshAgain = false;
      await this.#refreshOnce();
    } while (this.#refreshAgain && !this.#stopping.signal.aborted);
  }

  async #refreshOnce(): Promise<void> {
    try {
      await this.#follow?.(this.#stopping.signal);
      const listing = await this.#list(this.#stopping.signal);
      if (this.#stopping.signal.aborted) return;
      this.#apply(listing);
      if (this.#storageError !== undefined) this.#options.logger.info("The storage can be read again");
      this.#storageError = undefined;
    } catch (thrown) {
      if (this.#stopping.signal.aborted) return;
      const error = PlinthError.from(thrown, "STORAGE_UNAVAILABLE");
      if (this.#storageError === error.message) return;
      this.#storageError = error.message;
      this.#options.logger.error("The storage cannot be read; what is loaded goes on serving", { error });
      this.#options.events.emit({ type: "error-occurred", error, model: undefined, version: undefined });
    }
  }

  #list(signal: AbortSignal): Promise<readonly StoredModel[]> {
    const { storage, descriptions } = this.#options;
    return withinTimeLimit(signal, LIST_TIMEOUT_MS, async (limited) => {
      const listing = await storage.list({ signal: limited, sideFiles: descriptions?.fileNames });
      return descriptions === undefined ? listing : descriptions.follow(listing, limited);
    });
  }

  #apply(listing: readonly StoredModel[]): void {
    const before = this.#listing;
    this.#listing = new Map(listing.map((stored) => [stored.model, stored]));
    this.replan();
    for (const model of before.keys()) if (!this.#listing.has(model)) this.#changed(model);
  }

  /** Tells a model's lifecycle which versions are wanted. A model that the storage cannot tell of keeps what it has. */
  #bringAbout(model: string): void {
    const { plans } = this.#options;
    const plan = plans.plan(model);
    const stored = plan.served ? this.stored(model) : undefined;
    if (stored === undefined) this.#letGo(model, plan.served && plans.isConfigured(model));
    else if (stored.error === undefined) this.#aspire(plan, stored);
    const served = this.#servables.get(model);
    if (served !== undefined && !followsRules(served.traffic, plan)) this.#serve(model, [...served.versions.values()]);
    this.#changed(model);
  }

  #changed(model: string): void {
    this.#options.changed?.(model);
    this.#watchers.notify();
  }

  #letGo(model: string, isConfigured: boolean): void {
    const lifecycle = isConfigured ? this.#lifecycle(model) : this.#lifecycles.get(model);
    lifecycle?.aspire([], this.#options.plans.plan(model).loading);
    if (lifecycle?.forgotten && !isConfigured) this.#lifecycles.delete(model);
  }

  #aspire(plan: ModelPlan, { versions, folder }: StoredModel): void {
    const existing = versions.map(({ version }) => version);
    const wanted = new Set(wantedVersions(plan, existing));
    const aspired = versions.filter(({ version }) => wanted.has(version));
    this.#lifecycle(plan.model).aspire(aspired, plan.loading, folder);
  }

  #serve(model: string, versions: readonly AnsweringVersion[]): void {
    const plan = this.#options.plans.plan(model);
    this.#servables = withModel(this.#servables, model, versions, (answering) =>
      hasRules(plan.traffic) ? new TrafficTable(plan, answering) : undefined,
    );
    this.#changed(model);
  }

  #lifecycle(model: string): ModelLifecycle {
    const existing = this.#lifecycles.get(model);
    if (existing !== undefined) return existing;
    const lifecycle = this.#createLifecycle(model);
    this.#lifecycles.set(model, lifecycle);
    return lifecycle;
  }

  #createLifecycle(model: string): ModelLifecycle {
    const { events, plans } = this.#options;
    const logger = this.#options.logger.child({ model });
    return new ModelLifecycle(
      model,
      (versions) => plans.plan(model).transition(versions),
      {
        load: (version, signal) =>
          this.#limitLoads(() => loadServable(this.#loadContext(model, version, logger), model, version, signal)),
        serve: (versions) => this.#serve(model, versions),
        stateChanged: (change) => {
          const { version, to, error } = change;
          this.#changed(model);
          this.#memory.stateChanged();
          if (error !== undefined) logger.error(`Model ${model} version ${version} cannot be served`, { error });
          else logger.info(`Model ${model} version ${version}: ${to}`);
          if (events.observed) {
            events.emit({ type: "version-state-changed", model, ...change, atMs: Date.now() });
          }
        },
      },
      logger,
    );
  }

  #loadContext(model: string, version: ModelVersion, logger: Logger): LoadContext {
    const { storage, backends, plans, events, executor = LOCAL_EXECUTOR } = this.#options;
    const { backend, execution, batching, description, versions } = plans.plan(model);
    return {
      storage,
      backends: backend === undefined ? backends : [backend],
      execution,
      batching,
      description,
      versions,
      executor,
      memory: this.#memory,
      isQuiet: () => this.#isStarting || !isAnyLoaded(this.#servables),
      workerDied: (error) => {
        logger.error(`A worker of model ${model} version ${version} has gone; another one takes its place`, { error });
        events.emit({ type: "error-occurred", error, model, version });
      },
      events,
      logger,
    };
  }
}

function whyUnavailable(status: ModelStatus): string {
  const { model, error } = status;
  const telling = tellingVersion(status);
  const why = telling?.error ?? error;
  const state =
    telling === undefined ? "has no version in the storage" : `version ${telling.version} is in state ${telling.state}`;
  return `Model ${model} ${state}${why === undefined ? "" : `: ${why.message}`}`;
}

/** Whether the table is still that of the plan, so that looking again and again makes no new one. */
function followsRules(table: TrafficTable | undefined, plan: ModelPlan): boolean {
  return hasRules(plan.traffic) ? table?.plan === plan : table === undefined;
}
