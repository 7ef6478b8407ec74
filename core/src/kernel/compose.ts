import { Backend } from "../extension-points/backend.js";
import { ConfigDirectory } from "../extension-points/config-directory.js";
import { Logger } from "../extension-points/logger.js";
import { ModelServer } from "../extension-points/model-server.js";
import { Monitor } from "../extension-points/monitor.js";
import { Protocol } from "../extension-points/protocol.js";
import { ServerSettings } from "../extension-points/server-settings.js";
import { ModelStorage } from "../extension-points/storage.js";
import { createToken, type Services, type Token } from "../extension-points/token.js";
import { ModelCatalog, type ServedModelSettings } from "../serving/lifecycle/model-catalog.js";
import { LocalModelServer } from "../serving/local-model-server.js";
import { ServerEvents } from "../serving/server-events.js";
import type { ModelConfig, ServerConfig } from "./config/server-config.js";
import { runAll } from "./failures.js";
import { registerPlugin } from "./plugin-registration.js";
import { ServiceContainer } from "./service-container.js";

/** The serving parts, which only the kernel asks for. */
export const Catalog: Token<ModelCatalog> = createToken<ModelCatalog>("core.ModelCatalog");
export const LocalServer: Token<LocalModelServer> = createToken<LocalModelServer>("core.LocalModelServer");
const Events: Token<ServerEvents> = createToken<ServerEvents>("core.ServerEvents");

/**
 * All services of a server, made and wired, none of them started.
 *
 * @throws PlinthError that names every plugin that failed.
 */
export async function composeServices(config: ServerConfig, logger: Logger): Promise<Services> {
  const container = new ServiceContainer();
  provideSurroundings(container, config, logger);
  await runAll([
    () => registerPlugin(container, config.storage, ModelStorage),
    ...config.backends.map((use) => () => registerPlugin(container, use, Backend)),
    ...config.protocols.map((use) => () => registerPlugin(container, use, Protocol)),
    ...config.monitors.map((use) => () => registerPlugin(container, use, Monitor)),
  ]);
  container.provide(Events, (services) => new ServerEvents(services.getAll(Monitor), logger));
  container.provide(Catalog, (services) => createCatalog(services, config, logger));
  container.provide(LocalServer, (services) => new LocalModelServer(services.get(Catalog), services.get(Events)));
  container.provide(ModelServer, (services) => services.get(LocalServer));
  await runAll(container.makers());
  return container;
}

function provideSurroundings(container: ServiceContainer, config: ServerConfig, logger: Logger): void {
  container.provide(Logger, () => logger);
  container.provide(ServerSettings, () => config.server);
  container.provide(ConfigDirectory, () => config.directory);
}

function createCatalog(services: Services, config: ServerConfig, logger: Logger): ModelCatalog {
  return new ModelCatalog({
    storage: services.get(ModelStorage),
    backends: services.getAll(Backend),
    models:
      config.models && new Map([...config.models].map(([name, model]) => [name, settingsOf(model, config, logger)])),
    pollIntervalMs: config.server.pollIntervalMs,
    events: services.get(Events),
    logger,
  });
}

function settingsOf(
  { versions, labels, backend }: ModelConfig,
  config: ServerConfig,
  logger: Logger,
): ServedModelSettings {
  if (backend === undefined) return { versions, labels, backend: undefined };
  const own = new ServiceContainer();
  provideSurroundings(own, config, logger);
  registerPlugin(own, backend, Backend);
  return { versions, labels, backend: own.get(Backend) };
}
