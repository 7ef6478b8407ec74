import { loadConfig, type ServerConfig } from "@plinth/core";
import { DEFAULT_SECTIONS } from "./defaults.js";

/** Reads a configuration as `plinth` means it: with this process's environment and the plugins installed beside `plinth`. */
export function readConfig(file: string): Promise<ServerConfig> {
  return loadConfig(file, {
    environment: process.env,
    defaults: DEFAULT_SECTIONS,
    resolveFrom: [import.meta.url],
  });
}
