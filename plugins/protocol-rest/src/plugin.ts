import { definePlugin, Logger, type Plugin, Protocol, Route, ServerSettings } from "@plinth/core";
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
  },
});
