import { PLUGIN_API_VERSION, type Plugin } from "../../extension-points/plugin.js";
import { PlinthError } from "../../model/errors.js";
import { messageOf } from "../message-of.js";
import { withinTime } from "./within-time.js";

/** Longest that a module may take to import, in milliseconds. Generous: native libraries on a cold network disk. */
export const PLUGIN_IMPORT_TIMEOUT_MS = 60_000;

/** Imports what a URL names; as `import` does. */
export type ImportModule = (url: string) => Promise<unknown>;

/**
 * Imports the module and checks what it exports under the name `plugin`.
 *
 * @param use how the configuration names it, for messages
 * @throws PlinthError `PLUGIN_FAILED` where the import throws or does not come to an end; `PLUGIN_INVALID` where there is no
 * plugin in it, or one for another version of the contracts.
 */
export async function loadPlugin(moduleUrl: string, use: string, importModule: ImportModule): Promise<Plugin> {
  const exported = (await importWithin(moduleUrl, use, importModule)) as
    | { readonly plugin?: unknown }
    | null
    | undefined;
  const plugin = exported?.plugin;
  if (plugin === undefined) {
    throw invalid(use, moduleUrl, "it exports no `plugin`; expected `export const plugin = definePlugin({ ... })`");
  }
  const fault = faultOf(plugin);
  if (fault !== undefined) throw invalid(use, moduleUrl, fault);
  return plugin as Plugin;
}

async function importWithin(moduleUrl: string, use: string, importModule: ImportModule): Promise<unknown> {
  try {
    return await withinTime(importModule(moduleUrl), PLUGIN_IMPORT_TIMEOUT_MS);
  } catch (cause) {
    throw new PlinthError(
      "PLUGIN_FAILED",
      `the plugin ${JSON.stringify(use)} failed while it was imported: ${messageOf(cause)}`,
      {
        details: { use, moduleUrl },
        cause,
      },
    );
  }
}

/** What keeps `plugin` from being one. */
function faultOf(plugin: unknown): string | undefined {
  if (typeof plugin !== "object" || plugin === null)
    return `its \`plugin\` is ${plugin === null ? "null" : `a ${typeof plugin}`}, no object`;
  const { name, apiVersion, config, check, register } = plugin as Partial<Plugin>;
  if (typeof apiVersion !== "number") return "its `apiVersion` is no number";
  if (apiVersion !== PLUGIN_API_VERSION) {
    return (
      `it was written for version ${apiVersion} of the plugin contracts, this server has version ${PLUGIN_API_VERSION}; ` +
      `install a release of the ${apiVersion < PLUGIN_API_VERSION ? "plugin" : "server"} that fits`
    );
  }
  if (typeof name !== "string" || name === "") return "its `name` is no text";
  if (typeof register !== "function") return "its `register` is no function";
  if (check !== undefined && typeof check !== "function") return "its `check` is no function";
  const standard: Partial<Plugin["config"]["~standard"]> | undefined = config?.["~standard"];
  if (typeof standard?.validate !== "function") return "its `config` is no Standard Schema; expected one as zod's";
  if (typeof standard.jsonSchema?.input !== "function")
    return "its `config` gives no JSON Schema; expected Standard JSON Schema, as of zod 4.2 and later";
  return undefined;
}

function invalid(use: string, moduleUrl: string, fault: string): PlinthError {
  return new PlinthError("PLUGIN_INVALID", `${JSON.stringify(use)} is no plugin that can be used: ${fault}`, {
    details: { use, moduleUrl },
  });
}
