import type { ModelStorage } from "../extension-points/storage.js";
import { FaultList, quote } from "./config/config-fault.js";
import type { ServerConfig } from "./config/server-config.js";

/**
 * Refuses a configuration that says where models lie to a storage that keeps no folders.
 *
 * @throws PlinthError `CONFIG_INVALID`
 */
export function checkPlaces(storage: ModelStorage, config: ServerConfig): void {
  if (storage.place !== undefined) return;
  const faults = new FaultList(config.file);
  for (const [name, { pins }] of config.models ?? []) {
    const at = pins.get("path");
    const message = `the storage ${quote(config.storage.use)} keeps no folders; leave this out, or use one that does, as disk`;
    if (at !== undefined) faults.add(at, ["models", name, "path"], message);
  }
  if (!faults.isEmpty) throw faults.toError();
}

/** Tells the storage where the configuration has models lie; before it starts, and after each reload. */
export function placeModels(storage: ModelStorage, { models }: ServerConfig): void {
  const placed = [...(models ?? [])].flatMap(([name, { path }]) => (path === undefined ? [] : [[name, path] as const]));
  storage.place?.(new Map(placed));
}
