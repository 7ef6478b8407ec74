import { ConfigReload, type ReloadReport } from "../../extension-points/config-reload.js";
import { Deployments } from "../../extension-points/deployments.js";
import type { Logger } from "../../extension-points/logger.js";
import { Protocol } from "../../extension-points/protocol.js";
import { Route } from "../../extension-points/route.js";
import type { Services } from "../../extension-points/token.js";
import { Servable } from "../../serving/execution/servable.js";
import { FrontFleet } from "../../serving/fronts/front-fleet.js";
import { ModelBroadcast } from "../../serving/fronts/model-broadcast.js";
import { unpackEvent } from "../../serving/fronts/packed-event.js";
import type { ModelCatalogOptions } from "../../serving/lifecycle/model-catalog.js";
import type { AnsweringVersion } from "../../serving/routing/servable-map.js";
import type { ServerConfig } from "../config/server-config.js";
import type { ServiceContainer } from "../service-container.js";
import { Catalog, Events, LiveFigures, LocalServer, Plans, RunningDeployments } from "../serving-tokens.js";
import { openClusterFront } from "./cluster-fronts.js";
import { FrontsProtocol } from "./fronts-protocol.js";
import { HeardDeployments } from "./heard-deployments.js";
import { MainModelServer } from "./main-model-server.js";

/** What a server with fronts has in place of protocols and models of its own. */
export class Fronts {
  readonly #services: Services;
  readonly #fleet: FrontFleet;
  #broadcast: ModelBroadcast | undefined;

  /** @param services in which {@link provide} makes its own */
  constructor(services: Services, size: number, logger: Logger) {
    this.#services = services;
    this.#fleet = new FrontFleet({
      size,
      open: openClusterFront,
      observe: ({ events, dropped }) => {
        for (const event of events) services.get(Events).emit(unpackEvent(event));
        if (dropped > 0) logger.warn(`Monitors were not told of ${dropped} events: there were too many at once`);
      },
      counted: (front, report) => services.get(LiveFigures).absorb(front, report),
      gone: (front) => services.get(LiveFigures).lose(front),
      demand: (model, version) => services.get(Catalog).load(model, version),
      used: (model, version) => touch(services.get(Catalog).servables.get(model)?.versions.get(version)),
      died: (error) => {
        logger.error("A front process has gone; another one takes its place", { error });
        services.get(Events).emit({ type: "error-occurred", error, model: undefined, version: undefined });
      },
      configReload: () => services.get(ConfigReload),
      logger,
    });
  }

  /** How the catalogue works over fronts. */
  get catalogOptions(): Pick<ModelCatalogOptions, "executor" | "changed"> {
    return {
      executor: this.#fleet,
      changed: (model) => this.#broadcasting().changed(model),
    };
  }

  provide(container: ServiceContainer, config: ServerConfig, logger: Logger): void {
    container.provide(LocalServer, (services) => {
      return new MainModelServer(services.get(Catalog), services.get(Events), this.#fleet);
    });
    container.provide(Deployments, (services) => new HeardDeployments(services.get(RunningDeployments), this.#heard));
    container.provide(Protocol, (services) => {
      return new FrontsProtocol({
        fleet: this.#fleet,
        broadcast: this.#broadcasting(),
        config,
        routes: services.getAll(Route),
        events: services.get(Events),
        logger,
      });
    });
  }

  /** A reload that settles when every front has heard of it. */
  reloadHeard(reloader: ConfigReload): ConfigReload {
    const heard = async (report: ReloadReport) => {
      await this.#heard();
      return report;
    };
    return {
      reload: async (options) => heard(await reloader.reload(options)),
      replaceModels: async (models, options) => heard(await reloader.replaceModels(models, options)),
    };
  }

  readonly #heard = (): Promise<void> => this.#broadcasting().caughtUp();

  #broadcasting(): ModelBroadcast {
    const services = this.#services;
    this.#broadcast ??= new ModelBroadcast(services.get(Catalog), services.get(Plans), this.#fleet);
    return this.#broadcast;
  }
}

/** Notes a use, so that what fronts use is not unloaded before what they do not. */
function touch(version: AnsweringVersion | undefined): void {
  if (!(version instanceof Servable)) return;
  version.hold();
  version.release();
}
