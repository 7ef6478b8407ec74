import { resolve } from "node:path";
import {
  ConfigDirectory,
  ConfigReload,
  Deployments,
  definePlugin,
  Logger,
  ModelServer,
  ModelStorage,
  type Plugin,
  Route,
  ServerConfiguration,
  ServerStatistics,
} from "@plinth/core";
import { describedOperations, knownPaths } from "./described-routes.js";
import { IdempotentAnswers } from "./http/idempotent-answers.js";
import { operationRoute, otherPaths } from "./http/operation-route.js";
import { OPERATIONS } from "./operations.js";
import { type ManagementOptions, managementOptions } from "./options.js";
import { UploadStore, type UploadStoreOptions } from "./uploads/upload-store.js";

export const plugin: Plugin<ManagementOptions> = definePlugin({
  name: "@plinth/management",
  apiVersion: 1,
  config: managementOptions,
  register(registry, options) {
    const answers = new IdempotentAnswers();
    let uploads: UploadStore | undefined;
    for (const operation of OPERATIONS) {
      registry.provide(Route, (services) => {
        const server = services.get(ModelServer);
        const storage = services.get(ModelStorage);
        const deployments = services.get(Deployments);
        const reload = services.get(ConfigReload);
        const statistics = services.get(ServerStatistics);
        const configuration = services.get(ServerConfiguration);
        const logger = services.get(Logger);
        uploads ??= new UploadStore(uploadOptions(options, services.get(ConfigDirectory)));
        const described = () => describedOperations(OPERATIONS, services.getAll(Route));
        const known = { server, storage, deployments, reload, statistics, configuration };
        const management = { ...known, uploads, logger, options, described };
        return operationRoute(operation, management, answers);
      });
    }
    for (const makeRoute of otherPaths) {
      registry.provide(Route, (services) => makeRoute(() => knownPaths(OPERATIONS, services.getAll(Route))));
    }
  },
});

function uploadOptions(
  { uploadDirectory, uploadExpiryMs, ...limits }: ManagementOptions,
  folder: string,
): UploadStoreOptions {
  const directory = uploadDirectory === undefined ? undefined : resolve(folder, uploadDirectory);
  return { ...limits, directory, expiryMs: uploadExpiryMs };
}
