import type { ModelStatus } from "../../model/version-state.js";
import type { FrontFleet } from "../../serving/fronts/front-fleet.js";
import type { ModelCatalog } from "../../serving/lifecycle/model-catalog.js";
import { LocalModelServer } from "../../serving/local-model-server.js";
import type { ServerEvents } from "../../serving/server-events.js";

/** The server as the main process sees it: it routes here, runs in a front, and counts what all fronts have counted. */
export class MainModelServer extends LocalModelServer {
  readonly #models: ModelCatalog;
  readonly #fleet: FrontFleet;

  constructor(models: ModelCatalog, events: ServerEvents, fleet: FrontFleet) {
    super(models, events);
    this.#models = models;
    this.#fleet = fleet;
  }

  override status(model: string): ModelStatus | undefined {
    const status = this.#models.status(model);
    const version = this.#models.servables.get(model)?.traffic?.shadow?.version;
    const counts = version === undefined ? undefined : this.#fleet.shared(model, version)?.shadowCounts;
    return status && version !== undefined && counts ? { ...status, shadow: { version, ...counts } } : status;
  }
}
