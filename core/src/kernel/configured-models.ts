import { isDeepStrictEqual } from "node:util";
import { Backend } from "../extension-points/backend.js";
import type { Logger } from "../extension-points/logger.js";
import type { ConfiguredModel } from "../serving/deployment/model-plan.js";
import type { BackendSource } from "../serving/execution/backend-source.js";
import {
  availabilityPreserving,
  resourcePreserving,
  type TransitionPolicy,
} from "../serving/lifecycle/transition-policy.js";
import { backendServices } from "./backend-services.js";
import type { SourcePosition } from "./config/config-fault.js";
import type { ModelConfig, PluginUse, ServerConfig } from "./config/server-config.js";
import { registerPlugin } from "./plugin-registration.js";
import { workerRecipe } from "./workers/worker-boot.js";

/**
 * What a configuration says of each model, with the backends made that models have for themselves; nothing is loaded.
 *
 * @param made of an earlier configuration: backends whose options are the same are taken from there
 * @returns `undefined` where every model of the storage is served with the defaults.
 * @throws PlinthError what a plugin throws, with its name.
 */
export function configuredModels(
  config: ServerConfig,
  logger: Logger,
  made?: { readonly config: ServerConfig; readonly models: ReadonlyMap<string, ConfiguredModel> | undefined },
): ReadonlyMap<string, ConfiguredModel> | undefined {
  return (
    config.models &&
    new Map(
      [...config.models].map(([name, model]) => {
        const before = made?.config.models?.get(name)?.backend;
        const isSame = before !== undefined && model.backend !== undefined && sameUse(before, model.backend);
        const backend = isSame ? made?.models?.get(name)?.backend : undefined;
        return [name, configuredModel(model, backend, config, logger)];
      }),
    )
  );
}

/** Whether two places use the same plugin with the same options. */
export function sameUse(left: PluginUse, right: PluginUse): boolean {
  return left.moduleUrl === right.moduleUrl && isDeepStrictEqual(left.options, right.options);
}

const TRANSITIONS: Readonly<Record<ModelConfig["transition"], TransitionPolicy>> = {
  "availability-preserving": availabilityPreserving,
  "resource-preserving": resourcePreserving,
};

function configuredModel(
  model: ModelConfig,
  made: BackendSource | undefined,
  config: ServerConfig,
  logger: Logger,
): ConfiguredModel {
  const { versions, labels, traffic, transition, loading, backend, pins, execution, batching } = model;
  return {
    versions,
    labels,
    traffic,
    transition: TRANSITIONS[transition],
    loading,
    execution,
    batching,
    backend: made ?? (backend && ownBackend(backend, config, logger)),
    pins: new Map([...pins].map(([what, position]) => [what, formatPosition(position)])),
  };
}

/** A backend made for one model alone. */
function ownBackend(use: PluginUse, config: ServerConfig, logger: Logger): BackendSource {
  const services = backendServices(config.server, config.directory, logger);
  registerPlugin(services, use, Backend);
  return { backend: services.get(Backend), recipe: workerRecipe(use, config) };
}

function formatPosition({ file, line, column }: SourcePosition): string {
  return `${file}:${line}:${column}`;
}
