import { z } from "zod";
import type { OptionsSchema } from "../../extension-points/plugin.js";
import type { ServerSettings } from "../../extension-points/server-settings.js";
import { name, pluginUse } from "./grammar-words.js";
import { type ModelSection, modelSection } from "./model-grammar.js";
import { serverSection } from "./server-grammar.js";

/** The words of `config.yaml` that core itself knows, read. What stands beside a `use` belongs to the plugin. */
export interface ConfigSections {
  readonly server: ServerSettings;
  readonly models?: ReadonlyMap<string, ModelSection | null> | undefined;
}

/** The grammar of the configuration but for the plugins' own options, which it lets pass. */
export const CONFIG_GRAMMAR: OptionsSchema<ConfigSections> = z
  .strictObject({
    server: serverSection,
    storage: pluginUse.describe("Where models are kept."),
    backends: z
      .array(pluginUse)
      .describe("What loads model files; the first that recognises a version's files gets it."),
    protocols: z.array(pluginUse).describe("How clients reach the server."),
    monitors: z.array(pluginUse).describe("What is told of requests and models: metrics, logs, traces."),
    models: z
      .record(name, modelSection)
      .transform((models): ReadonlyMap<string, ModelSection | null> => new Map(Object.entries(models)))
      .optional()
      .describe("The models to serve, by name. Left out: every model that the storage holds, with the defaults."),
  })
  .describe("Configuration of a Plinth model server.");
