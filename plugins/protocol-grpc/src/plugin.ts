import {
  ConfigDirectory,
  ConfigReload,
  Deployments,
  definePlugin,
  Logger,
  ModelServer,
  type Plugin,
  Protocol,
  Route,
  ServerSettings,
  ServerStatistics,
  SharedPort,
} from "@plinth/core";
import { checkTls } from "@plinth/server-tls";
import { GrpcProtocol } from "./grpc-protocol.js";
import { theSharedPort } from "./listening/shared-port.js";
import { mainProcessRoutes } from "./open-inference/main-process.js";
import { type GrpcOptions, grpcOptions } from "./options.js";

export const plugin: Plugin<GrpcOptions> = definePlugin({
  name: "@plinth/protocol-grpc",
  apiVersion: 1,
  config: grpcOptions,
  check: ({ tls }, { directory }) => checkTls(tls, directory),
  register(registry, options) {
    registry.provide(
      Protocol,
      (services) =>
        new GrpcProtocol({
          options,
          settings: services.get(ServerSettings),
          directory: services.get(ConfigDirectory),
          configReload: services.get(ConfigReload),
          routes: services.getAll(Route),
          sharedPort: options.port === "shared" ? theSharedPort(services.getAll(SharedPort)) : undefined,
          logger: services.get(Logger),
        }),
    );
    for (const createRoute of mainProcessRoutes) {
      registry.provide(Route, (services) =>
        createRoute({
          deployments: services.get(Deployments),
          statistics: services.get(ServerStatistics),
          server: services.get(ModelServer),
        }),
      );
    }
  },
});
