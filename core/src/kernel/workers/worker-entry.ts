import { Backend } from "../../extension-points/backend.js";
import type { Logger } from "../../extension-points/logger.js";
import { processServer } from "../../serving/execution/worker/process-channel.js";
import { threadServer } from "../../serving/execution/worker/thread-channel.js";
import { WorkerHost } from "../../serving/execution/worker/worker-host.js";
import { backendServices } from "../backend-services.js";
import { registerPlugin } from "../plugin-registration.js";
import { loadPlugin } from "../plugins/load-plugin.js";
import { ForwardingLogger } from "./forwarding-logger.js";
import type { WorkerBoot } from "./worker-boot.js";

/** What a worker thread or a child process begins with: it makes a backend of its own, for one instance of one model. */
const server = threadServer() ?? processServer();
const logger = new ForwardingLogger(server);

new WorkerHost(server, (data) => makeBackend(data as WorkerBoot, logger)).listen();

async function makeBackend(boot: WorkerBoot, log: Logger): Promise<Backend> {
  const { use, moduleUrl, options, settings, directory } = boot;
  const plugin = await loadPlugin(moduleUrl, use, (url) => import(url));
  const services = backendServices(settings, directory, log);
  registerPlugin(services, { use, plugin, options }, Backend);
  return services.get(Backend);
}
