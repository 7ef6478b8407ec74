import type { ModelVersion } from "../../model/model-version.js";
import type { ModelStatus } from "../../model/version-state.js";
import type { Servable } from "../execution/servable.js";
import { type ServableMap, withModel } from "../routing/servable-map.js";
import { TrafficTable } from "../routing/traffic-table.js";
import type { ServedModels } from "../served-models.js";
import type { ServableId } from "./duties.js";
import { type ModelSnapshot, unpackStatus } from "./model-snapshot.js";

interface FollowedModel {
  readonly status: ModelStatus;
  readonly unavailable: string | undefined;
}

const NO_LABELS: ReadonlyMap<string, ModelVersion> = new Map();

/** A front's picture of the models, as the main process paints it, over the front's own copies. */
export class FollowedModels implements ServedModels {
  readonly #copyOf: (id: ServableId) => Servable | undefined;
  readonly #models = new Map<string, FollowedModel>();
  #names: readonly string[] = [];
  #servables: ServableMap = new Map();

  /** @param copyOf the front's copy of a version that is loaded */
  constructor(copyOf: (id: ServableId) => Servable | undefined) {
    this.#copyOf = copyOf;
  }

  /** Takes over what is told of these models, in one step. */
  follow(snapshots: readonly ModelSnapshot[]): void {
    this.#servables = snapshots.reduce((map, snapshot) => this.#withSnapshot(map, snapshot), this.#servables);
    for (const { model, status, unavailable } of snapshots) {
      if (status === undefined) this.#models.delete(model);
      else this.#models.set(model, { status: unpackStatus(model, status), unavailable });
    }
    this.#names = [...this.#models.keys()].sort();
  }

  get servables(): ServableMap {
    return this.#servables;
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
        const why = unavailable ?? this.#outage(model);
        return why === undefined ? [] : [[model, why] as const];
      }),
    );
  }

  /** Why no copy of the model here can run, though it is in service. */
  #outage(model: string): string | undefined {
    const outages = [...(this.#servables.get(model)?.versions.values() ?? [])].map(({ outage }) => outage);
    return outages.includes(undefined) ? undefined : outages[0]?.error.message;
  }

  #withSnapshot(map: ServableMap, { model, status, traffic, serving }: ModelSnapshot): ServableMap {
    const copies = [...serving.values()].flatMap((id) => this.#copyOf(id) ?? []);
    const plan = { model, traffic, labels: status?.labels ?? NO_LABELS };
    const hasRules = traffic.split.size > 0 || traffic.shadow !== undefined;
    return withModel(map, model, copies, (available) => (hasRules ? new TrafficTable(plan, available) : undefined));
  }
}
