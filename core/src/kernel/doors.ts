import type { configSchema as ConfigSchema } from "./config/config-schema.js";
import type {
  composeConfig as ComposeConfig,
  loadConfig as LoadConfig,
  parseConfig as ParseConfig,
} from "./config/load-config.js";
import type { startServer as StartServer } from "./server.js";
import type { startStorage as StartStorage } from "./start-storage.js";

/*
 * What programs call of the kernel. What stands behind is imported with the first call: a plugin in a worker, or a command that only
 * asks a server something, needs neither the container nor a reader of YAML, and starts in half the time without them.
 */

/** As {@link StartServer}. */
export const startServer: typeof StartServer = async (...call) => (await import("./server.js")).startServer(...call);

/** As {@link StartStorage}. */
export const startStorage: typeof StartStorage = async (...call) =>
  (await import("./start-storage.js")).startStorage(...call);

/** As {@link LoadConfig}. */
export const loadConfig: typeof LoadConfig = async (...call) =>
  (await import("./config/load-config.js")).loadConfig(...call);

/** As {@link ParseConfig}. */
export const parseConfig: typeof ParseConfig = async (...call) =>
  (await import("./config/load-config.js")).parseConfig(...call);

/** As {@link ComposeConfig}. */
export const composeConfig: typeof ComposeConfig = async (...call) =>
  (await import("./config/load-config.js")).composeConfig(...call);

/** As {@link ConfigSchema}. */
export const configSchema = async (
  ...call: Parameters<typeof ConfigSchema>
): Promise<ReturnType<typeof ConfigSchema>> => (await import("./config/config-schema.js")).configSchema(...call);
