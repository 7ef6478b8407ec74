import { z } from "zod";
import { links } from "./resources.js";

/* The documents about the server itself: what it is composed of, what it runs by, and where its models are kept. */

const failure = z.strictObject({ reason: z.string(), message: z.string() });

const setting = z
  .strictObject({
    path: z.string().describe("As `protocols[0].port`."),
    value: z
      .unknown()
      .optional()
      .describe("JSON; what came from the environment is the reference that is written. Absent: it is secret."),
    secret: z.literal(true).optional(),
    position: z.string().optional().describe("As `config.yaml:3:9`. Absent: it is a default."),
    variables: z.array(z.string()).describe("Names of the variables of the environment that are in it."),
  })
  .meta({ id: "Setting" });

export const configuration = z
  .strictObject({
    file: z.string().describe("The file that it was read from, absolute."),
    settings: z.array(setting).describe("In the order of the file; defaults are last within their section."),
    lastReload: z
      .strictObject({ at: z.iso.datetime(), error: failure.optional().describe("Why it changed nothing.") })
      .optional()
      .describe("The newest attempt to read it again; absent where there was none."),
    _links: links,
  })
  .meta({ id: "Configuration", description: "What the server runs by. No secret is in it." });

const usedPlugin = z
  .strictObject({
    kind: z.enum(["storage", "backend", "protocol", "monitor", "extension"]),
    use: z.string().describe("How the configuration names it."),
    name: z.string(),
    version: z.string().optional().describe("Of its package. Absent where it is in none."),
    module: z.string().describe("The module that it was imported from."),
  })
  .meta({ id: "UsedPlugin" });

export const pluginList = z
  .strictObject({
    items: z.array(usedPlugin),
    server: z
      .strictObject({ version: z.string(), node: z.string(), platform: z.string() })
      .describe("What they run in: the version of Plinth's core, that of Node, and the machine's kind."),
    _links: links,
  })
  .meta({ id: "PluginList" });

export const storageState = z
  .strictObject({
    use: z.string(),
    models: z.int().min(0),
    versions: z.int().min(0),
    unreadable: z
      .array(z.strictObject({ model: z.string(), error: failure }))
      .describe("Models whose versions cannot be told now."),
    watches: z.boolean().describe("Whether it tells of changes; else it is looked at again and again."),
    records: z
      .strictObject({ writable: z.boolean(), error: failure.optional() })
      .describe("Whether history, labels and traffic can be written."),
    error: failure.optional().describe("Why it cannot be listed; the counts are 0 then."),
    _links: links,
  })
  .meta({ id: "StorageState" });

export type ConfigurationDocument = z.output<typeof configuration>;
export type PluginListDocument = z.output<typeof pluginList>;
export type StorageStateDocument = z.output<typeof storageState>;
