import { availableCores } from "./available-cores.js";

/**
 * Where a model runs.
 *
 * - `inline`: on the thread that serves requests. For models whose run takes less time than a hop to another thread.
 * - `thread`: in worker threads of this process.
 * - `process`: in child processes. A native crash then costs the requests that it was running, not the server.
 * - `auto`: `inline` or `thread`, as measured at warm-up and while it runs.
 */
export type ExecutorKind = "auto" | "inline" | "thread" | "process";

/** How one model is executed. */
export interface ExecutionSettings {
  readonly executor: ExecutorKind;
  /** How many of it are loaded, to run at the same time: at least 1. `inline` has one whatever stands here. */
  readonly instances: number;
  /** Requests that wait for an instance at most; one more is refused at once. 0: none waits. */
  readonly maxQueuedRequests: number;
}

/** What a model is executed by about which nothing is said. */
export const DEFAULT_EXECUTION: ExecutionSettings = {
  executor: "auto",
  instances: availableCores(),
  maxQueuedRequests: 256,
};
