import {
  ConfigDirectory,
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
import { MAIN_PROCESS_ROUTES } from "@plinth/open-inference";
import { checkTls } from "@plinth/server-tls";
import { type RestOptions, restOptions } from "./options.js";
import { RestProtocol } from "./rest-protocol.js";
import { AdmittedGuests } from "./sharing/admitted-guests.js";

export const plugin: Plugin<RestOptions> = definePlugin({
  name: "@plinth/protocol-rest",
  apiVersion: 1,
  config: restOptions,
  check: ({ tls }, { directory }) => checkTls(tls, directory),
  register(registry, options) {
    const admitted = new AdmittedGuests();
    registry.provide(SharedPort, () => admitted);
    registry.provide(
      Protocol,
      (services) =>
        new RestProtocol({
          ...options,
          settings: services.get(ServerSettings),
          directory: services.get(ConfigDirectory),
          routes: services.getAll(Route),
          guests: () => admitted.guests,
          logger: services.get(Logger),
        }),
    );
    const repositoryAccess = options.repositoryAccess ?? "management";
    for (const createRoute of MAIN_PROCESS_ROUTES) {
      registry.provide(Route, (services) => {
        const main = {
          deployments: services.get(Deployments),
          statistics: services.get(ServerStatistics),
          server: services.get(ModelServer),
        };
        return createRoute(main, { prefix: "/v2", repositoryAccess, statisticsAccess: "public" });
      });
    }
  },
});
