import { Worker } from "node:worker_threads";

/** Runs beside a model that may keep its process's own event loop for as long as it likes. */
const WATCH = `
const { ppid } = process;
setInterval(() => {
  if (process.ppid !== ppid) process.kill(process.pid, "SIGKILL");
}, 500);
`;

/** Heap of the watching thread, in MiB. */
const LIMITS = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 16 };

/**
 * Ends this child process soon after its server has gone, even in the middle of a run that never ends: else it would be left behind,
 * with a core to itself. Costs a thread of about 9 MB.
 */
export function watchServer(): void {
  const watch = new Worker(WATCH, { eval: true, execArgv: [], env: {}, resourceLimits: LIMITS, name: "plinth-watch" });
  // Without it, the process still ends with its socket.
  watch.on("error", () => {});
  watch.unref();
}
