import { ConfigDirectory } from "../extension-points/config-directory.js";
import { Logger } from "../extension-points/logger.js";
import { ServerSettings } from "../extension-points/server-settings.js";
import { ModelStorage, type StorageStartOptions } from "../extension-points/storage.js";
import type { ServerConfig } from "./config/server-config.js";
import { checkPlaces, placeModels } from "./placed-models.js";
import { registerPlugin } from "./plugin-registration.js";
import { ServiceContainer } from "./service-container.js";

/**
 * Starts the storage of a configuration without a server, for programs that move models. It is the caller's to dispose.
 *
 * @throws PlinthError what the storage throws; nothing stays open then
 */
export async function startStorage(
  config: ServerConfig,
  logger: Logger,
  options: StorageStartOptions,
): Promise<ModelStorage> {
  const container = new ServiceContainer();
  provideSurroundings(container, config, logger);
  registerPlugin(container, config.storage, ModelStorage);
  const storage = container.get(ModelStorage);
  try {
    checkPlaces(storage, config);
    placeModels(storage, config);
    await storage.start(options);
    return storage;
  } catch (error) {
    await storage[Symbol.asyncDispose]();
    throw error;
  }
}

/** What every plugin may ask for. */
export function provideSurroundings(container: ServiceContainer, config: ServerConfig, logger: Logger): void {
  container.provide(Logger, () => logger);
  container.provide(ServerSettings, () => config.server);
  container.provide(ConfigDirectory, () => config.directory);
}
