import type { ConfigDirectory } from "../../extension-points/config-directory.js";
import type { ServerSettings } from "../../extension-points/server-settings.js";
import type { WorkerRecipe } from "../../serving/execution/backend-source.js";
import { arrivesWhole } from "../../serving/execution/worker/cloneable.js";
import { processWorkers } from "../../serving/execution/worker/process-channel.js";
import { SpareWorkers } from "../../serving/execution/worker/spare-workers.js";
import { threadWorkers } from "../../serving/execution/worker/thread-channel.js";
import type { PluginUse, ServerConfig } from "../config/server-config.js";

/** What a worker makes its own backend of. */
export interface WorkerBoot {
  readonly use: string;
  readonly moduleUrl: string;
  /** What the plugin's own schema made of them here. */
  readonly options: unknown;
  readonly settings: ServerSettings;
  readonly directory: ConfigDirectory;
}

const ENTRY = new URL("./worker-entry.js", import.meta.url);

/** `undefined` where workers cannot make that backend: its options cannot be cloned, or these sources were never built. */
export function workerRecipe(
  { use, moduleUrl, options }: PluginUse,
  { server, directory }: Pick<ServerConfig, "server" | "directory">,
): WorkerRecipe | undefined {
  if (import.meta.url.endsWith(".ts")) return undefined;
  const data: WorkerBoot = { use, moduleUrl, options, settings: server, directory };
  return arrivesWhole(data) ? recipeOf(data) : undefined;
}

/** The recipe for more of what a worker, or a front, was made of itself. */
export function recipeOf(data: WorkerBoot): WorkerRecipe {
  return { threads: new SpareWorkers(threadWorkers(ENTRY)).open, processes: processWorkers(ENTRY), data };
}
