import pLimit, { type LimitFunction } from "p-limit";
import type { ConfigReload, ReloadReport } from "../extension-points/config-reload.js";
import type { Logger } from "../extension-points/logger.js";
import type { ReloadAttempt } from "../extension-points/server-configuration.js";
import type { ModelStorage } from "../extension-points/storage.js";
import { PlinthError } from "../model/errors.js";
import type { ConfiguredModel } from "../serving/deployment/model-plan.js";
import type { ModelPlans } from "../serving/deployment/model-plans.js";
import type { ModelCatalog } from "../serving/lifecycle/model-catalog.js";
import { checkNoRestartNeeded, compareModels } from "./compare-configs.js";
import type { ServerConfig } from "./config/server-config.js";
import { configuredModels } from "./configured-models.js";
import { checkPlaces, placeModels } from "./placed-models.js";
import type { RunningConfig } from "./running-configuration.js";

/** Reads the configuration that a server was started with again, and checks it. */
export type ReadConfig = () => Promise<ServerConfig>;

export interface ConfigReloaderOptions {
  readonly config: ServerConfig;
  readonly models: ReadonlyMap<string, ConfiguredModel> | undefined;
  /** `undefined`: there is nothing to read again. */
  readonly readConfig: ReadConfig | undefined;
  readonly storage: ModelStorage;
  readonly plans: ModelPlans;
  readonly catalog: ModelCatalog;
  readonly logger: Logger;
}

/** Applies another version of the configuration to the server that runs in this process, whole or not at all. */
export class ConfigReloader implements ConfigReload, RunningConfig {
  readonly #options: ConfigReloaderOptions;
  readonly #oneByOne: LimitFunction = pLimit(1);
  #running: Pick<ConfigReloaderOptions, "config" | "models">;
  #lastReload: ReloadAttempt | undefined;

  constructor(options: ConfigReloaderOptions) {
    this.#options = options;
    this.#running = options;
  }

  /** The configuration that the server runs by now. */
  get config(): ServerConfig {
    return this.#running.config;
  }

  get lastReload(): ReloadAttempt | undefined {
    return this.#lastReload;
  }

  async reload({ signal }: { readonly signal: AbortSignal }): Promise<ReloadReport> {
    try {
      const report = await this.#apply(() => this.#read(), "The configuration was read again", signal);
      this.#lastReload = { atMs: Date.now(), error: undefined };
      return report;
    } catch (thrown) {
      this.#lastReload = { atMs: Date.now(), error: PlinthError.from(thrown) };
      throw thrown;
    }
  }

  replaceModels(
    models: unknown,
    { from, signal }: { readonly from: string; readonly signal: AbortSignal },
  ): Promise<ReloadReport> {
    return this.#apply(
      () => this.#running.config.withModels(models, from),
      `The models are those of ${from} now`,
      signal,
    );
  }

  async #read(): Promise<ServerConfig> {
    const { readConfig } = this.#options;
    if (readConfig !== undefined) return readConfig();
    throw new PlinthError("RESTART_NEEDED", "This server was started without a way to read its configuration again");
  }

  #apply(next: () => Promise<ServerConfig>, done: string, signal: AbortSignal): Promise<ReloadReport> {
    return this.#oneByOne(async () => {
      const { storage, plans, catalog, logger } = this.#options;
      const config = await next();
      signal.throwIfAborted();
      checkNoRestartNeeded(this.#running.config, config);
      checkPlaces(storage, config);
      const models = configuredModels(config, logger, this.#running);
      const differences = compareModels(this.#running.config, config);
      this.#running = { config, models };
      placeModels(storage, config);
      plans.configure(models);
      catalog.replan();
      await catalog.refresh();
      await catalog.settled([...differences.added, ...differences.changed], signal);
      const report = { ...differences, unavailable: catalog.unavailable() };
      logger.info(done, { ...differences });
      return report;
    });
  }
}
