import { type Plugin, parseConfig, type ServerConfig } from "@plinth/core";
import { BUNDLED_PLUGINS } from "../bundled-plugins.js";
import { readConfig } from "../read-config.js";
import { type KnownStorages, namedStorage } from "./storage-text.js";

const KNOWN: KnownStorages = new Map(
  BUNDLED_PLUGINS.flatMap(({ kind, use, plugin }): [string, Plugin][] => (kind === "storage" ? [[use, plugin]] : [])),
);

/**
 * Checks what an option names as a storage.
 *
 * @param option as it is typed, `--from`; messages name it as the file
 */
export async function readStorage(option: string, value: string): Promise<ServerConfig> {
  const named = namedStorage(option, value, KNOWN);
  if ("file" in named) return readConfig(named.file);
  return parseConfig(named.text, option, {
    environment: process.env,
    defaults: {},
    resolveFrom: [import.meta.url],
  });
}
