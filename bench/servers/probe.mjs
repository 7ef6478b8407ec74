// Loaded into each measured server ahead of its program (`node --import`): measures how late the event loop is, when asked to, and
// ends the server if the benchmark is gone. Does nothing in the server's own threads and child processes.
import { monitorEventLoopDelay } from "node:perf_hooks";
import { isMainThread } from "node:worker_threads";

/** How often the loop is looked at, in milliseconds. */
const RESOLUTION_MS = 5;

if (isMainThread && process.env.PLINTH_BENCH_PROBE !== undefined) {
  delete process.env.PLINTH_BENCH_PROBE;
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  process.on("message", (message) => {
    if (message === "begin") {
      delay.reset();
      delay.enable();
    } else {
      delay.disable();
      // What is recorded is the time between two looks.
      process.send({ eventLoopDelayP99Ms: Math.max(0, delay.percentile(99) / 1e6 - RESOLUTION_MS) });
    }
  });
  process.on("disconnect", () => process.exit());
  process.channel.unref();
}
