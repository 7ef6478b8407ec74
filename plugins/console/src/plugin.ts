import { definePlugin, type Plugin, Route, ServerSettings } from "@plinth/core";
import { consoleRoute } from "./console-routes.js";
import { type ConsoleOptions, consoleOptions } from "./options.js";
import { BUILT_PAGES, StaticFiles } from "./static-files.js";

export const plugin: Plugin<ConsoleOptions> = definePlugin({
  name: "@plinth/console",
  apiVersion: 1,
  config: consoleOptions,
  register(registry) {
    registry.provide(Route, (services) => {
      // A browser that opens an address shows no token, so everybody gets the pages, which ask for one: there is nothing secret in them.
      const { managementTokens } = services.get(ServerSettings);
      return consoleRoute(new StaticFiles(BUILT_PAGES), managementTokens.size > 0 ? "public" : "management");
    });
  },
});
