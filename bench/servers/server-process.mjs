import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { request } from "undici";
import { cpuMs, memoryMb } from "../measure/process-tree.mjs";
import { nextMessage } from "./next-message.mjs";

const PROBE = new URL("./probe.mjs", import.meta.url).href;

/** How long a server may take to stop before it is killed, in milliseconds. */
const STOP_MS = 5_000;

/** A Node.js program of its own process that prints `listens on <url>` when it listens. */
export class ServerProcess {
  name;
  /** The first of {@link urls}. */
  url;
  /** Where it listens, in the order of its configuration. */
  urls;
  /** From the start of the process until it was ready, in milliseconds. */
  startMs;
  #child;

  constructor(name, child, urls, startMs) {
    this.name = name;
    [this.url] = urls;
    this.urls = urls;
    this.startMs = startMs;
    this.#child = child;
  }

  /**
   * Starts the program and waits until it is ready: until `readyPath` is answered with 200, where there is one.
   *
   * @param parameters the module and what it is given
   */
  static async start(name, parameters, { readyPath } = {}) {
    const startedAtMs = performance.now();
    const child = spawn(process.execPath, ["--import", PROBE, ...parameters], {
      stdio: ["ignore", "pipe", "inherit", "ipc"],
      env: { ...process.env, PLINTH_BENCH_PROBE: "1" },
    });
    try {
      const urls = await listeningUrls(child.stdout);
      if (urls === undefined) throw new Error(`${name} ended before it listened`);
      if (readyPath !== undefined) await untilReady(urls[0] + readyPath);
      return new ServerProcess(name, child, urls, performance.now() - startedAtMs);
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    }
  }

  memoryMb() {
    return memoryMb(this.#child.pid);
  }

  /**
   * What the process and its descendants took while `load` ran, beside what `load` gives.
   *
   * @param load resolves to figures, with the number of `requests` among them
   */
  async under(load) {
    this.#child.send("begin");
    const cpuBeforeMs = cpuMs(this.#child.pid);
    const { requests, ...figures } = await load();
    const usedMs = cpuMs(this.#child.pid) - cpuBeforeMs;
    this.#child.send("end");
    const { eventLoopDelayP99Ms } = await nextMessage(this.#child);
    return { ...figures, cpuMsPerRequest: usedMs / requests, eventLoopDelayP99Ms, ...this.memoryMb() };
  }

  async stop() {
    const ended =
      this.#child.exitCode === null && this.#child.signalCode === null ? once(this.#child, "exit") : undefined;
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), STOP_MS);
    await ended;
    clearTimeout(timer);
  }
}

/** Runs `use` with servers that are started one after the other, and stops them whatever comes. */
export async function withServers(starts, use) {
  const servers = [];
  try {
    for (const start of starts) servers.push(await start());
    return await use(...servers);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

/** The path of a file beside this one. */
export function beside(file) {
  return fileURLToPath(new URL(file, import.meta.url));
}

/** Goes on reading after that, so that the program can always write. */
function listeningUrls(stdout) {
  const lines = createInterface({ input: stdout });
  return new Promise((resolve) => {
    lines.on("line", (line) => {
      const urls = /listens on (.+)/.exec(line)?.[1];
      if (urls !== undefined) resolve(urls.split(", "));
    });
    lines.on("close", () => resolve(undefined));
  });
}

async function untilReady(url) {
  for (;;) {
    const { statusCode, body } = await request(url);
    await body.dump();
    if (statusCode === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
