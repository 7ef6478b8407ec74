import { Backend } from "../../extension-points/backend.js";
import type { Logger } from "../../extension-points/logger.js";
import { backendServices } from "../backend-services.js";
import { registerPlugin } from "../plugin-registration.js";
import { loadPlugin } from "../plugins/load-plugin.js";
import type { WorkerBoot } from "./worker-boot.js";

/** Makes a backend as another process has it, or another thread. */
export async function makeBackend(boot: WorkerBoot, logger: Logger): Promise<Backend> {
  const { use, moduleUrl, options, settings, directory } = boot;
  const plugin = await loadPlugin(moduleUrl, use, (url) => import(url));
  const services = backendServices(settings, directory, logger);
  registerPlugin(services, { use, plugin, options }, Backend);
  return services.get(Backend);
}
