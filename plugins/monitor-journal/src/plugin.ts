import { resolve } from "node:path";
import { ConfigDirectory, definePlugin, Logger, Monitor, type Plugin, Route, type Services } from "@plinth/core";
import { JournalMonitor } from "./journal-monitor.js";
import { type JournalOptions, journalOptions } from "./options.js";
import { journalRoutes } from "./routes.js";

export const plugin: Plugin<JournalOptions> = definePlugin({
  name: "@plinth/monitor-journal",
  apiVersion: 1,
  config: journalOptions,
  register(registry, options) {
    let journal: JournalMonitor | undefined;
    const made = (services: Services): JournalMonitor => {
      const directory = resolve(services.get(ConfigDirectory), options.directory);
      journal ??= new JournalMonitor({ ...options, directory, logger: services.get(Logger) });
      return journal;
    };
    registry.provide(Monitor, made);
    for (const route of journalRoutes) registry.provide(Route, (services) => route(made(services)));
  },
});
