import {
  Deployments,
  definePlugin,
  Logger,
  ModelServer,
  type Plugin,
  Protocol,
  Route,
  ServerSettings,
} from "@plinth/core";
import { loadRoute, unloadRoute } from "@plinth/open-inference";
import { type RestOptions, restOptions } from "./options.js";
import { RestProtocol } from "./rest-protocol.js";

export const plugin: Plugin<RestOptions> = definePlugin({
  name: "@plinth/protocol-rest",
  apiVersion: 1,
  config: restOptions,
  register(registry, options) {
    registry.provide(
      Protocol,
      (services) =>
        new RestProtocol({
          ...options,
          settings: services.get(ServerSettings),
          routes: services.getAll(Route),
          logger: services.get(Logger),
        }),
    );
    for (const createRoute of [loadRoute, unloadRoute]) {
      registry.provide(Route, (services) => {
        const repository = { deployments: services.get(Deployments), server: services.get(ModelServer) };
        return createRoute(repository, options.repositoryAccess ?? "management");
      });
    }
  },
});
