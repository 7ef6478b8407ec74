import { processServer } from "../../serving/execution/worker/process-channel.js";
import { threadServer } from "../../serving/execution/worker/thread-channel.js";
import { WorkerHost } from "../../serving/execution/worker/worker-host.js";
import { ForwardingLogger } from "./forwarding-logger.js";
import { makeBackend } from "./make-backend.js";
import { stepBack } from "./step-back.js";
import type { WorkerBoot } from "./worker-boot.js";

/** What a worker thread or a child process begins with: it makes a backend of its own, for one instance of one model. */
stepBack();
const server = threadServer() ?? processServer();
const logger = new ForwardingLogger(server);

new WorkerHost(server, (data) => makeBackend(data as WorkerBoot, logger)).listen();
