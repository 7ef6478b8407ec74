import { Backend } from "../extension-points/backend.js";
import { ConfigDirectory } from "../extension-points/config-directory.js";
import { Logger } from "../extension-points/logger.js";
import { ServerSettings } from "../extension-points/server-settings.js";
import type { ConfiguredModel } from "../serving/deployment/model-plan.js";
import {
  availabilityPreserving,
  resourcePreserving,
  type TransitionPolicy,
} from "../serving/lifecycle/transition-policy.js";
import type { SourcePosition } from "./config/config-fault.js";
import type { ModelConfig, PluginUse, ServerConfig } from "./config/server-config.js";
import { registerPlugin } from "./plugin-registration.js";
import { ServiceContainer } from "./service-container.js";

/**
 * What a configuration says of each model, with the backends made that models have for themselves; nothing is loaded.
 *
 * @returns `undefined` where every model of the storage is served with the defaults.
 * @throws PlinthError what a plugin throws, with its name.
 */
export function configuredModels(
  config: ServerConfig,
  logger: Logger,
): ReadonlyMap<string, ConfiguredModel> | undefined {
  const { models } = config;
  return models && new Map([...models].map(([name, model]) => [name, configuredModel(model, config, logger)]));
}

const TRANSITIONS: Readonly<Record<ModelConfig["transition"], TransitionPolicy>> = {
  "availability-preserving": availabilityPreserving,
  "resource-preserving": resourcePreserving,
};

function configuredModel(model: ModelConfig, config: ServerConfig, logger: Logger): ConfiguredModel {
  const { versions, labels, traffic, transition, backend, pins } = model;
  return {
    versions,
    labels,
    traffic,
    transition: TRANSITIONS[transition],
    backend: backend && ownBackend(backend, config, logger),
    pins: new Map([...pins].map(([what, position]) => [what, formatPosition(position)])),
  };
}

/** A backend made for one model alone. */
function ownBackend(use: PluginUse, config: ServerConfig, logger: Logger): Backend {
  const own = new ServiceContainer();
  own.provide(Logger, () => logger);
  own.provide(ServerSettings, () => config.server);
  own.provide(ConfigDirectory, () => config.directory);
  registerPlugin(own, use, Backend);
  return own.get(Backend);
}

function formatPosition({ file, line, column }: SourcePosition): string {
  return `${file}:${line}:${column}`;
}
