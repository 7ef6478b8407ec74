import { setMaxListeners } from "node:events";
import { ConfigReload, type ReloadReport } from "../extension-points/config-reload.js";
import { Deployments } from "../extension-points/deployments.js";
import type { Logger } from "../extension-points/logger.js";
import type { ModelServer } from "../extension-points/model-server.js";
import { Monitor } from "../extension-points/monitor.js";
import { type Endpoint, Protocol } from "../extension-points/protocol.js";
import { ModelStorage } from "../extension-points/storage.js";
import type { Services } from "../extension-points/token.js";
import { PlinthError } from "../model/errors.js";
import { composeServices } from "./compose.js";
import { formatFault } from "./config/config-fault.js";
import type { ServerConfig } from "./config/server-config.js";
import type { ReadConfig } from "./config-reloader.js";
import { DisposerStack } from "./disposer-stack.js";
import { runAll } from "./failures.js";
import { checkPlaces, placeModels } from "./placed-models.js";
import { Catalog, Events, LiveFigures, LocalServer, RunningDeployments } from "./serving-tokens.js";
import { startable } from "./startable.js";

/** Longest that starting may take, in milliseconds. */
const START_TIMEOUT_MS = 60_000;

export interface StartOptions {
  /** Reads the configuration again, for {@link RunningServer.reload}. Absent: it cannot be reloaded. */
  readonly readConfig?: ReadConfig;
}

/** A server that was started. Disposing it is {@link stop}. */
export interface RunningServer extends AsyncDisposable {
  readonly models: ModelServer;
  /** For changing labels, traffic and versions from the program that embeds the server. */
  readonly deployments: Deployments;
  /** For publishing models without a line in the history. */
  readonly storage: ModelStorage;
  /** Where the protocols listen, in the order of the configuration. */
  readonly endpoints: readonly Endpoint[];
  /** Reads the configuration again; see {@link ConfigReload}. */
  reload(): Promise<ReloadReport>;
  /** Settles when every load and unload that is under way is done, well or not. */
  settled(): Promise<void>;
  /**
   * Not ready at once; then answers what was begun, for `server.shutdownDeadlineMs` at most; then takes everything down, last
   * started first. Never rejects; what could not be stopped cleanly is logged. Further calls wait for the first.
   */
  stop(): Promise<void>;
}

/**
 * Composes and starts a server: storage and monitors, then the list of models, then the protocols. Models load while the
 * protocols already answer; {@link ModelServer.readiness} tells when all are there.
 *
 * @throws PlinthError that names every plugin that failed in the same step; nothing is left running then.
 */
export async function startServer(
  config: ServerConfig,
  logger: Logger,
  { readConfig }: StartOptions = {},
): Promise<RunningServer> {
  for (const warning of config.warnings) logger.warn(formatFault(warning));
  const services = await composeServices(config, logger, readConfig);
  const disposers = new DisposerStack(logger);
  const tooLong = new AbortController();
  const timer = setTimeout(() => tooLong.abort(timeoutError()), START_TIMEOUT_MS);
  try {
    const endpoints = await start(services, config, disposers, tooLong.signal);
    return new StartedServer(services, config, endpoints, disposers);
  } catch (error) {
    await disposers.unwind(AbortSignal.timeout(config.server.shutdownDeadlineMs));
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function start(
  services: Services,
  config: ServerConfig,
  disposers: DisposerStack,
  signal: AbortSignal,
): Promise<readonly Endpoint[]> {
  setMaxListeners(0, signal);
  const storage = services.get(ModelStorage);
  checkPlaces(storage, config);
  placeModels(storage, config);
  await runAll([
    startable(`Storage ${config.storage.use}`, storage, () => storage.start({ signal }), disposers),
    ...services
      .getAll(Monitor)
      .map((monitor) => startable(`Monitor ${monitor.name}`, monitor, () => monitor.start({ signal }), disposers)),
  ]);

  services.get(Events).started();
  const statistics = services.get(LiveFigures);
  disposers.push("The statistics", async () => statistics[Symbol.dispose]());
  statistics.start();

  await services.get(RunningDeployments).start(signal);
  const catalog = services.get(Catalog);
  disposers.push("The model catalogue", () => catalog.stop());
  await catalog.start(signal);

  const models = services.get(LocalServer);
  const endpoints = await runAll(
    services
      .getAll(Protocol)
      .map((protocol) =>
        startable(`Protocol ${protocol.name}`, protocol, () => protocol.start(models, { signal }), disposers),
      ),
  );
  return endpoints.flat();
}

function timeoutError(): PlinthError {
  return new PlinthError("DEADLINE_EXCEEDED", `Starting took longer than ${START_TIMEOUT_MS / 1_000} seconds`);
}

class StartedServer implements RunningServer {
  readonly models: ModelServer;
  readonly deployments: Deployments;
  readonly storage: ModelStorage;
  readonly endpoints: readonly Endpoint[];
  readonly #services: Services;
  readonly #config: ServerConfig;
  readonly #disposers: DisposerStack;
  readonly #stopping = new AbortController();
  #stopped: Promise<void> | undefined;

  constructor(services: Services, config: ServerConfig, endpoints: readonly Endpoint[], disposers: DisposerStack) {
    this.models = services.get(LocalServer);
    this.deployments = services.get(Deployments);
    this.storage = services.get(ModelStorage);
    this.endpoints = endpoints;
    this.#services = services;
    this.#config = config;
    this.#disposers = disposers;
  }

  reload(): Promise<ReloadReport> {
    return this.#services.get(ConfigReload).reload({ signal: this.#stopping.signal });
  }

  settled(): Promise<void> {
    return this.#services.get(Catalog).settled();
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    this.#services.get(LocalServer).beginStop();
    const signal = AbortSignal.timeout(this.#config.server.shutdownDeadlineMs);
    await Promise.allSettled(this.#services.getAll(Protocol).map(async (protocol) => protocol.drain({ signal })));
    await this.#disposers.unwind(signal);
  }
}
