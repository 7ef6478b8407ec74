import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { OpenLoopRun } from "./open-loop-run.mjs";

/** Connections at most; requests beyond them wait in the generator, which counts as latency. */
const MAX_CONNECTIONS = 600;

/** Requests ahead of the schedule, one after the other, which open connections and make the code hot. */
const WARM_UP_REQUESTS = 50;

/** How long answers are waited for after the last request was due. */
const DRAIN_MS = 10_000;

/**
 * Sends requests on a schedule, whether or not earlier ones were answered, from a thread of its own. Latency counts from when a
 * request was due, so that no waiting is hidden, wherever it happens. Warms up first.
 *
 * @param load `url`, `body`, `ratePerSecond`, `seconds`, and what has defaults: `seed`, `maxConnections`, `warmUpRequests`
 * @returns begins the schedule when it is called, which is done once; settles when all were answered or given up
 */
export async function prepareOpenLoop({
  seed = 1,
  maxConnections = MAX_CONNECTIONS,
  warmUpRequests = WARM_UP_REQUESTS,
  ...load
}) {
  const workerData = { ...load, seed, warmUpRequests, maxConnections, drainMs: DRAIN_MS };
  const worker = new Worker(new URL("./open-loop-worker.mjs", import.meta.url), { workerData, execArgv: [] });
  await once(worker, "message");
  return async () => {
    worker.postMessage("begin");
    const [run] = await once(worker, "message");
    return new OpenLoopRun(run, load.seconds);
  };
}

export async function openLoop(load) {
  const begin = await prepareOpenLoop(load);
  return begin();
}
