import { ConfigDirectory } from "../extension-points/config-directory.js";
import { Logger } from "../extension-points/logger.js";
import { ServerSettings } from "../extension-points/server-settings.js";
import { ServiceContainer } from "./service-container.js";

/** All that a backend may ask for, since it may be made in a worker, where there is nothing else. */
export function backendServices(
  settings: ServerSettings,
  directory: ConfigDirectory,
  logger: Logger,
): ServiceContainer {
  const services = new ServiceContainer();
  services.provide(Logger, () => logger);
  services.provide(ServerSettings, () => settings);
  services.provide(ConfigDirectory, () => directory);
  return services;
}
