import { isDeepStrictEqual } from "node:util";
import { canAnswer } from "../../model/version-state.js";
import type { ModelPlans } from "../deployment/model-plans.js";
import { Servable } from "../execution/servable.js";
import type { ModelCatalog } from "../lifecycle/model-catalog.js";
import type { Front } from "./front.js";
import type { FrontFleet } from "./front-fleet.js";
import { type ModelSnapshot, packStatus } from "./model-snapshot.js";

/** Tells all fronts what requests are to see of the models, and knows when all have heard it. */
export class ModelBroadcast {
  readonly #catalog: ModelCatalog;
  readonly #plans: ModelPlans;
  readonly #fleet: Pick<FrontFleet, "shared">;
  /** What was told last, by model. */
  readonly #told = new Map<string, ModelSnapshot>();
  /** Fronts that are told, each with what settles when it has heard all. */
  readonly #hearing = new Map<Front, Promise<void>>();

  constructor(catalog: ModelCatalog, plans: ModelPlans, fleet: Pick<FrontFleet, "shared">) {
    this.#catalog = catalog;
    this.#plans = plans;
    this.#fleet = fleet;
  }

  /** Something may have changed that requests see of the model. What has not is not told again. */
  changed(model: string): void {
    const snapshot = this.#snapshot(model);
    if (isDeepStrictEqual(this.#told.get(model), snapshot)) return;
    if (snapshot.status === undefined) this.#told.delete(model);
    else this.#told.set(model, snapshot);
    for (const front of this.#hearing.keys()) void this.#tell(front, [snapshot]);
  }

  /** Tells a front everything, and from now on what changes. It must have a copy of all that is in service. */
  async introduce(front: Front): Promise<void> {
    void front.ended.then(() => this.#hearing.delete(front));
    await this.#tell(front, [...this.#told.values()]);
  }

  /** Settles when every front routes by what has been told until now. One that has gone does not count. */
  async caughtUp(): Promise<void> {
    await Promise.all(this.#hearing.values());
  }

  async #tell(front: Front, snapshots: readonly ModelSnapshot[]): Promise<void> {
    if (front.hasEnded) return;
    // Calls are answered in order, so that the newest stands for all.
    const heard = front.call("follow", snapshots).catch(() => {});
    this.#hearing.set(front, heard);
    await heard;
  }

  #snapshot(model: string): ModelSnapshot {
    const status = this.#catalog.status(model);
    const versions = [...(this.#catalog.servables.get(model)?.versions.values() ?? [])];
    return {
      model,
      status: status && packStatus(status),
      traffic: this.#plans.plan(model).traffic,
      answering: versions.map((each) => ({
        version: each.version,
        servable: each instanceof Servable ? this.#fleet.shared(model, each.version)?.id : undefined,
      })),
      unavailable: status?.versions.some(canAnswer) ? undefined : this.#catalog.whyUnavailable(model),
    };
  }
}
