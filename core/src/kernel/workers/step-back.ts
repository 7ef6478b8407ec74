import { readlinkSync } from "node:fs";
import { setPriority } from "node:os";
import { basename } from "node:path";
import { isMainThread } from "node:worker_threads";

/** How much a worker steps back, as `nice` counts. */
const NICENESS = 4;

/**
 * Lets those go first that answer requests, where there are fewer cores than work: a run of milliseconds is not the longer for it, while
 * health checks, small models and the sockets would wait for the scheduler's turns. Linux gives each thread a priority of its own, which
 * native threads inherit that it starts; elsewhere only a child process has one.
 */
export function stepBack(): void {
  try {
    if (isMainThread) setPriority(NICENESS);
    else if (process.platform === "linux") setPriority(Number(basename(readlinkSync("/proc/thread-self"))), NICENESS);
  } catch {
    // Without a /proc, or where that is forbidden, all go on alike.
  }
}
