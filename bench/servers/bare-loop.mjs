import { fork } from "node:child_process";
import { once } from "node:events";
import { cpuMs } from "../measure/process-tree.mjs";
import { nextMessage } from "./next-message.mjs";
import { beside } from "./server-process.mjs";

/** Runs an ONNX file in a loop, in a process of its own, with nothing around it. */
export class BareLoop {
  name;
  #rows;
  #child;

  constructor(name, rows, child) {
    this.name = name;
    this.#rows = rows;
    this.#child = child;
  }

  /**
   * @param threads each has a session of one thread: two such runs beside each other do more than one that is split
   * @param rows rows of each run
   */
  static async start({ file, threads, rows = 1 }) {
    const child = fork(beside("session-floor.mjs"), [file, threads, rows], { execArgv: [] });
    await nextMessage(child);
    const name = `bare session.run, ${threads} thread${threads > 1 ? "s" : ""}${rows > 1 ? `, ${rows} rows a run` : ""}`;
    return new BareLoop(name, rows, child);
  }

  /** Rows a second, so that it compares with requests of one row. */
  async run(seconds) {
    const cpuBeforeMs = cpuMs(this.#child.pid);
    this.#child.send(seconds);
    const perSecond = (await nextMessage(this.#child)) * this.#rows;
    return { perSecond, cpuMsPerRequest: (cpuMs(this.#child.pid) - cpuBeforeMs) / (perSecond * seconds) };
  }

  async stop() {
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await ended;
  }
}
