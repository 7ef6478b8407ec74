import pLimit, { type LimitFunction } from "p-limit";
import type { Backend } from "../../extension-points/backend.js";
import type { VersionPolicy } from "../../extension-points/deployments.js";
import type { Logger } from "../../extension-points/logger.js";
import type { ModelStorage, StoredModel } from "../../extension-points/storage.js";
import { PlinthError } from "../../model/errors.js";
import type { ModelVersion } from "../../model/model-version.js";
import type { ModelStatus } from "../../model/version-state.js";
import type { ModelDirectory } from "../routing/route-request.js";
import { type ServableMap, withModel } from "../routing/servable-map.js";
import type { ServerEvents } from "../server-events.js";
import { loadServable } from "./load-servable.js";
import { ModelLifecycle } from "./model-lifecycle.js";
import { availabilityPreserving } from "./transition-policy.js";
import { aspiredVersions, DEFAULT_VERSION_POLICY } from "./version-policy.js";
import { withinTimeLimit } from "./within-time-limit.js";

/** Loads under way at once, over all models. */
const MAX_CONCURRENT_LOADS = 2;

/** Longest that one look into the storage may take, in milliseconds. */
const LIST_TIMEOUT_MS = 60_000;

/** How one model is to be served. */
export interface ServedModelSettings {
  readonly versions: VersionPolicy;
  readonly labels: ReadonlyMap<string, ModelVersion>;
  /** Instead of all configured backends. */
  readonly backend: Backend | undefined;
}

export interface ModelCatalogOptions {
  readonly storage: ModelStorage;
  readonly backends: readonly Backend[];
  /** `undefined`: every model of the storage, with the defaults. */
  readonly models: ReadonlyMap<string, ServedModelSettings> | undefined;
  readonly pollIntervalMs: number;
  readonly events: ServerEvents;
  readonly logger: Logger;
}

const DEFAULT_SETTINGS: ServedModelSettings = {
  versions: DEFAULT_VERSION_POLICY,
  labels: new Map(),
  backend: undefined,
};

/**
 * Follows the storage: looks again and again which versions there are, says which of them are wanted, and has each model's
 * lifecycle bring that about. What is in service at this moment is {@link servables}.
 */
export class ModelCatalog implements ModelDirectory {
  readonly #options: ModelCatalogOptions;
  readonly #lifecycles = new Map<string, ModelLifecycle>();
  readonly #listingErrors = new Map<string, PlinthError>();
  readonly #limitLoads: LimitFunction = pLimit(MAX_CONCURRENT_LOADS);
  readonly #stopping = new AbortController();
  #servables: ServableMap = new Map();
  #refreshing: Promise<void> | undefined;
  #refreshAgain = false;
  #pollTimer: NodeJS.Timeout | undefined;
  #watch: Disposable | undefined;
  #storageError: string | undefined;

  constructor(options: ModelCatalogOptions) {
    this.#options = options;
    for (const model of options.models?.keys() ?? []) this.#lifecycle(model);
  }

  /** Looks into the storage for the first time and begins to load; then goes on looking until {@link stop}. */
  async start(signal: AbortSignal): Promise<void> {
    this.#apply(await this.#list(signal));
    this.#watch = this.#options.storage.watch?.(() => void this.refresh());
    this.#poll();
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

  /** What is in service now. */
  get servables(): ServableMap {
    return this.#servables;
  }

  modelNames(): readonly string[] {
    return [...new Set([...this.#lifecycles.keys(), ...this.#listingErrors.keys()])].sort();
  }

  status(model: string): ModelStatus | undefined {
    const lifecycle = this.#lifecycles.get(model);
    const error = this.#listingErrors.get(model);
    if (lifecycle === undefined && error === undefined) return undefined;
    return {
      model,
      versions: lifecycle?.statuses() ?? [],
      labels: this.labels(model),
      ...(error !== undefined && { error }),
    };
  }

  labels(model: string): ReadonlyMap<string, ModelVersion> {
    return this.#settings(model).labels;
  }

  /** Settles when no load or unload is under way. */
  async settled(): Promise<void> {
    await Promise.all([...this.#lifecycles.values()].map((lifecycle) => lifecycle.settled()));
  }

  /** Stops looking, unloads every model once its last request is done, and waits for that. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    clearTimeout(this.#pollTimer);
    this.#watch?.[Symbol.dispose]();
    await this.#refreshing;
    await Promise.all([...this.#lifecycles.values()].map((lifecycle) => lifecycle.stop()));
  }

  #poll(): void {
    if (this.#stopping.signal.aborted) return;
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
    const { storage } = this.#options;
    return withinTimeLimit(signal, LIST_TIMEOUT_MS, (limited) => storage.list({ signal: limited }));
  }

  #apply(listing: readonly StoredModel[]): void {
    const { models } = this.#options;
    const wanted = listing.filter(({ model }) => models === undefined || models.has(model));
    const found = new Map(wanted.map((stored) => [stored.model, stored]));

    this.#listingErrors.clear();
    for (const { model, versions, error } of wanted) {
      if (error === undefined) this.#aspire(model, versions);
      else this.#listingErrors.set(model, error);
    }
    for (const [model, lifecycle] of this.#lifecycles) {
      if (found.has(model)) continue;
      lifecycle.aspire([]);
      if (lifecycle.forgotten && models === undefined) this.#lifecycles.delete(model);
    }
  }

  #aspire(model: string, stored: StoredModel["versions"]): void {
    const policy = this.#settings(model).versions;
    const aspired = new Set(
      aspiredVersions(
        policy,
        stored.map(({ version }) => version),
      ),
    );
    this.#lifecycle(model).aspire(stored.filter(({ version }) => aspired.has(version)));
  }

  #settings(model: string): ServedModelSettings {
    return this.#options.models?.get(model) ?? DEFAULT_SETTINGS;
  }

  #lifecycle(model: string): ModelLifecycle {
    const existing = this.#lifecycles.get(model);
    if (existing !== undefined) return existing;
    const lifecycle = this.#createLifecycle(model);
    this.#lifecycles.set(model, lifecycle);
    return lifecycle;
  }

  #createLifecycle(model: string): ModelLifecycle {
    const { storage, backends, events } = this.#options;
    const logger = this.#options.logger.child({ model });
    const { backend } = this.#settings(model);
    const context = { storage, backends: backend === undefined ? backends : [backend], logger };
    return new ModelLifecycle(
      model,
      availabilityPreserving,
      {
        load: (version, signal) => this.#limitLoads(() => loadServable(context, model, version, signal)),
        serve: (servables) => {
          this.#servables = withModel(this.#servables, model, servables);
        },
        stateChanged: (version, from, to, error) => {
          if (error !== undefined) logger.error(`Model ${model} version ${version} cannot be served`, { error });
          else logger.info(`Model ${model} version ${version}: ${to}`);
          if (events.observed) {
            events.emit({ type: "version-state-changed", model, version, from, to, error, atMs: Date.now() });
          }
        },
      },
      logger,
    );
  }
}
