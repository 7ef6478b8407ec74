import { definePlugin, type Plugin, Route } from "@plinth/core";
import { consoleRoutes } from "./console-routes.js";
import { type ConsoleOptions, consoleOptions } from "./options.js";
import { BUILT_PAGES, StaticFiles } from "./static-files.js";

export const plugin: Plugin<ConsoleOptions> = definePlugin({
  name: "@plinth/console",
  apiVersion: 1,
  config: consoleOptions,
  register(registry) {
    for (const route of consoleRoutes(new StaticFiles(BUILT_PAGES))) registry.provide(Route, () => route);
  },
});
