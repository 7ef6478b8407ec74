import { resolve } from "node:path";
import { ConfigDirectory, definePlugin, Logger, Monitor, type Plugin, Route, type Services } from "@plinth/core";
import { journalRoutes } from "./journal-routes.js";
import { LazyJournal } from "./lazy-journal.js";
import { type JournalOptions, journalOptions } from "./options.js";

export const plugin: Plugin<JournalOptions> = definePlugin({
  name: "@plinth/monitor-journal",
  apiVersion: 1,
  config: journalOptions,
  register(registry, options) {
    let journal: LazyJournal | undefined;
    const made = (services: Services): LazyJournal => {
      const directory = resolve(services.get(ConfigDirectory), options.directory);
      journal ??= new LazyJournal({ ...options, directory, logger: services.get(Logger) });
      return journal;
    };
    registry.provide(Monitor, made);
    for (const route of journalRoutes) registry.provide(Route, (services) => route(made(services)));
  },
});
