import {
  ConfigDirectory,
  ConfigReload,
  definePlugin,
  Logger,
  type Plugin,
  Protocol,
  ServerSettings,
} from "@plinth/core";
import { GrpcProtocol } from "./grpc-protocol.js";
import { type GrpcOptions, grpcOptions } from "./options.js";

export const plugin: Plugin<GrpcOptions> = definePlugin({
  name: "@plinth/protocol-grpc",
  apiVersion: 1,
  config: grpcOptions,
  register(registry, options) {
    registry.provide(
      Protocol,
      (services) =>
        new GrpcProtocol({
          options,
          settings: services.get(ServerSettings),
          directory: services.get(ConfigDirectory),
          configReload: services.get(ConfigReload),
          logger: services.get(Logger),
        }),
    );
  },
});
