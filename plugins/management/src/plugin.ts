import {
  ConfigReload,
  Deployments,
  definePlugin,
  Logger,
  ModelServer,
  ModelStorage,
  type Plugin,
  Route,
} from "@plinth/core";
import { IdempotentAnswers } from "./http/idempotent-answers.js";
import { operationRoute, otherPaths } from "./http/operation-route.js";
import { OPERATIONS } from "./operations.js";
import { type ManagementOptions, managementOptions } from "./options.js";

export const plugin: Plugin<ManagementOptions> = definePlugin({
  name: "@plinth/management",
  apiVersion: 1,
  config: managementOptions,
  register(registry, options) {
    const answers = new IdempotentAnswers();
    for (const operation of OPERATIONS) {
      registry.provide(Route, (services) => {
        const server = services.get(ModelServer);
        const storage = services.get(ModelStorage);
        const deployments = services.get(Deployments);
        const reload = services.get(ConfigReload);
        const logger = services.get(Logger);
        return operationRoute(operation, { server, storage, deployments, reload, logger, options }, answers);
      });
    }
    for (const route of otherPaths(OPERATIONS)) registry.provide(Route, () => route);
  },
});
