import { Backend } from "../extension-points/backend.js";
import { ConfigReload } from "../extension-points/config-reload.js";
import { Deployments } from "../extension-points/deployments.js";
import type { Logger } from "../extension-points/logger.js";
import { DescriptionFormat } from "../extension-points/model-description.js";
import { ModelServer } from "../extension-points/model-server.js";
import { Monitor } from "../extension-points/monitor.js";
import { Protocol } from "../extension-points/protocol.js";
import { ServerConfiguration } from "../extension-points/server-configuration.js";
import { ServerStatistics } from "../extension-points/server-statistics.js";
import { ModelStorage } from "../extension-points/storage.js";
import { createToken, type Services, type Token } from "../extension-points/token.js";
import { LocalDeployments } from "../serving/deployment/local-deployments.js";
import { ModelDescriptions } from "../serving/deployment/model-descriptions.js";
import type { ConfiguredModel } from "../serving/deployment/model-plan.js";
import { ModelPlans } from "../serving/deployment/model-plans.js";
import { RevisionLog } from "../serving/deployment/revision-log.js";
import type { WorkerRecipe } from "../serving/execution/backend-source.js";
import { ModelCatalog } from "../serving/lifecycle/model-catalog.js";
import { LocalModelServer } from "../serving/local-model-server.js";
import { ServerEvents } from "../serving/server-events.js";
import { LiveStatistics } from "../serving/statistics/live-statistics.js";
import type { ServerConfig } from "./config/server-config.js";
import { ConfigReloader, type ReadConfig } from "./config-reloader.js";
import { configuredModels } from "./configured-models.js";
import { runAll } from "./failures.js";
import { registerPlugin } from "./plugin-registration.js";
import type { Fronts } from "./processes/compose-fronts.js";
import { processCount } from "./processes/process-count.js";
import { RunningConfiguration } from "./running-configuration.js";
import { ServiceContainer } from "./service-container.js";
import { Catalog, Events, LiveFigures, LocalServer, Plans, RunningDeployments } from "./serving-tokens.js";
import { provideSurroundings } from "./start-storage.js";
import { workerRecipe } from "./workers/worker-boot.js";

const Reloader: Token<ConfigReloader> = createToken<ConfigReloader>("core.ConfigReloader");

const Configured: Token<ConfiguredModels> = createToken<ConfiguredModels>("core.ConfiguredModels");

interface ConfiguredModels {
  readonly models: ReadonlyMap<string, ConfiguredModel> | undefined;
}

/**
 * All services of a server, made and wired, none of them started.
 *
 * @throws PlinthError that names every plugin that failed.
 */
export async function composeServices(
  config: ServerConfig,
  logger: Logger,
  readConfig: ReadConfig | undefined,
): Promise<Services> {
  const container = new ServiceContainer();
  const recipes = new Map<Backend, WorkerRecipe | undefined>();
  const fronts = await frontsOf(container, config, logger);
  provideSurroundings(container, config, logger);
  await runAll([
    () => registerPlugin(container, config.storage, ModelStorage),
    ...config.backends.map((use) => () => {
      registerPlugin(container, use, Backend, (backend) => recipes.set(backend, workerRecipe(use, config)));
    }),
    ...config.protocols.map((use) => () => {
      registerPlugin(container, use, Protocol, undefined, ({ key }) => fronts === undefined || key !== Protocol.key);
    }),
    ...config.monitors.map((use) => () => registerPlugin(container, use, Monitor)),
    ...config.extensions.map((use) => () => registerPlugin(container, use)),
  ]);
  container.provide(LiveFigures, () => new LiveStatistics());
  container.provide(ServerStatistics, (services) => services.get(LiveFigures));
  container.provide(Events, (services) => createEvents(services, logger));
  container.provide(Plans, (services) => new ModelPlans(services.get(Configured).models, config.server.loading));
  container.provide(Configured, () => ({ models: configuredModels(config, logger) }));
  container.provide(Catalog, (services) => createCatalog(services, recipes, config, logger, fronts));
  container.provide(ModelServer, (services) => services.get(LocalServer));
  container.provide(RunningDeployments, (services) => createDeployments(services, config, logger));
  container.provide(Reloader, (services) => {
    const { models } = services.get(Configured);
    const [storage, plans, catalog] = [services.get(ModelStorage), services.get(Plans), services.get(Catalog)];
    return new ConfigReloader({ config, models, readConfig, storage, plans, catalog, logger });
  });
  container.provide(ConfigReload, (services) => {
    const reloader = services.get(Reloader);
    return fronts?.reloadHeard(reloader) ?? reloader;
  });
  container.provide(ServerConfiguration, (services) => new RunningConfiguration(services.get(Reloader)));
  if (fronts === undefined) {
    container.provide(LocalServer, (services) => new LocalModelServer(services.get(Catalog), services.get(Events)));
    container.provide(Deployments, (services) => services.get(RunningDeployments));
  } else fronts.provide(container, config, logger);
  await runAll(container.makers());
  return container;
}

/** `undefined` where this process answers requests itself; what fronts need is imported only where there are some. */
async function frontsOf(
  container: ServiceContainer,
  { server }: ServerConfig,
  logger: Logger,
): Promise<Fronts | undefined> {
  const processes = processCount(server);
  if (processes === 1) return undefined;
  return new (await import("./processes/compose-fronts.js")).Fronts(container, processes, logger);
}

function createEvents(services: Services, logger: Logger): ServerEvents {
  const statistics = services.get(LiveFigures);
  const events = new ServerEvents(services.getAll(Monitor), logger, statistics);
  statistics.watchMonitors(() => events.figures());
  return events;
}

function createCatalog(
  services: Services,
  recipes: ReadonlyMap<Backend, WorkerRecipe | undefined>,
  config: ServerConfig,
  logger: Logger,
  fronts: Fronts | undefined,
): ModelCatalog {
  const catalog = new ModelCatalog({
    storage: services.get(ModelStorage),
    backends: services.getAll(Backend).map((backend) => ({ backend, recipe: recipes.get(backend) })),
    plans: services.get(Plans),
    descriptions: new ModelDescriptions(
      services.get(ModelStorage),
      services.getAll(DescriptionFormat),
      services.get(Plans),
      logger,
    ),
    pollIntervalMs: config.server.pollIntervalMs,
    memoryBudgetBytes: config.server.memoryBudgetBytes,
    idleUnloadMs: config.server.idleUnloadMs,
    ...fronts?.catalogOptions,
    events: services.get(Events),
    logger,
  });
  services.get(LiveFigures).watchMemory(() => catalog.memory);
  return catalog;
}

function createDeployments(services: Services, config: ServerConfig, logger: Logger): LocalDeployments {
  const storage = services.get(ModelStorage);
  return new LocalDeployments({
    plans: services.get(Plans),
    log: new RevisionLog(storage.records, logger),
    catalog: services.get(Catalog),
    storage,
    protectedLabels: config.server.protectedLabels,
    events: services.get(Events),
  });
}
