import { ChangeWatchers } from "../../extension-points/change-watchers.js";
import type { ModelVersion } from "../../model/model-version.js";
import type { ModelStatus } from "../../model/version-state.js";
import { Servable } from "../execution/servable.js";
import { OnDemandVersion } from "../lifecycle/on-demand-version.js";
import { type AnsweringVersion, isAnyLoaded, outageOf, type ServableMap, withModel } from "../routing/servable-map.js";
import { hasRules, TrafficTable } from "../routing/traffic-table.js";
import type { ServedModels } from "../served-models.js";
import type { ServableId } from "./duties.js";
import { type AnsweringSnapshot, type ModelSnapshot, unpackStatus } from "./model-snapshot.js";

export interface FollowedModelsOptions {
  /** The front's copy of a version that is loaded. */
  readonly copyOf: (id: ServableId) => Servable | undefined;
  /** Asks the main process for a version that a request wants. */
  readonly demand: (model: string, version: ModelVersion) => void;
}

interface FollowedModel {
  readonly status: ModelStatus;
  readonly unavailable: string | undefined;
  /** Where requests wait for versions that are not in memory. */
  readonly onDemand: ReadonlyMap<ModelVersion, OnDemandVersion>;
}

const NO_LABELS: ReadonlyMap<string, ModelVersion> = new Map();

/** A front's picture of the models, as the main process paints it, over the front's own copies. */
export class FollowedModels implements ServedModels {
  readonly #options: FollowedModelsOptions;
  readonly #models = new Map<string, FollowedModel>();
  readonly #watchers = new ChangeWatchers();
  #names: readonly string[] = [];
  #servables: ServableMap = new Map();

  constructor(options: FollowedModelsOptions) {
    this.#options = options;
  }

  /** Takes over what is told of these models, in one step. */
  follow(snapshots: readonly ModelSnapshot[]): void {
    for (const snapshot of snapshots) this.#follow(snapshot);
    this.#names = [...this.#models.keys()].sort();
    this.#watchers.notify();
  }

  watch(changed: () => void): Disposable {
    return this.#watchers.add(changed);
  }

  get servables(): ServableMap {
    return this.#servables;
  }

  /** Whether nothing is in service that a load on this thread would hold up. */
  get isQuiet(): boolean {
    return !isAnyLoaded(this.#servables);
  }

  modelNames(): readonly string[] {
    return this.#names;
  }

  status(model: string): ModelStatus | undefined {
    return this.#models.get(model)?.status;
  }

  labels(model: string): ReadonlyMap<string, ModelVersion> {
    return this.#models.get(model)?.status.labels ?? NO_LABELS;
  }

  unavailable(): ReadonlyMap<string, string> {
    return new Map(
      [...this.#models].flatMap(([model, { unavailable }]) => {
        const why = unavailable ?? outageOf(this.#servables.get(model))?.error.message;
        return why === undefined ? [] : [[model, why] as const];
      }),
    );
  }

  #follow({ model, status, traffic, answering, unavailable }: ModelSnapshot): void {
    const waited = this.#models.get(model)?.onDemand ?? new Map<ModelVersion, OnDemandVersion>();
    const versions = answering.flatMap((each) => this.#answering(model, each, waited) ?? []);
    const onDemand = versions.flatMap((each) =>
      each instanceof OnDemandVersion ? [[each.version, each] as const] : [],
    );
    const plan = { model, traffic, labels: status?.labels ?? NO_LABELS };
    this.#servables = withModel(this.#servables, model, versions, (each) =>
      hasRules(traffic) ? new TrafficTable(plan, each) : undefined,
    );
    if (status === undefined) this.#models.delete(model);
    else this.#models.set(model, { status: unpackStatus(model, status), unavailable, onDemand: new Map(onDemand) });
    for (const [version, waiting] of waited) this.#settle(waiting, this.#servables.get(model)?.versions.get(version));
  }

  #answering(
    model: string,
    { version, servable }: AnsweringSnapshot,
    waited: ReadonlyMap<ModelVersion, OnDemandVersion>,
  ): AnsweringVersion | undefined {
    if (servable !== undefined) return this.#options.copyOf(servable);
    return waited.get(version) ?? new OnDemandVersion(model, version, () => this.#options.demand(model, version));
  }

  /** Those that wait for a version get it once it is loaded; where it is not going to be, they are routed anew. */
  #settle(waiting: OnDemandVersion, now: AnsweringVersion | undefined): void {
    if (now instanceof Servable) waiting.answer(now);
    else if (now !== waiting) waiting.dismiss();
  }
}
