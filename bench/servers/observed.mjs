// A program that embeds Plinth with some monitors and asks a model that does nothing, with a handle, as protocols do it, so many times a
// second. Takes the section `monitors:` as JSON, the rate, seconds of a round and rounds; prints microseconds of CPU a request, of the whole
// process, for each round as JSON: what is written and sent in the background is paid for as well.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseConfig, startServer } from "@plinth/core";

const monitors = JSON.parse(process.argv[2]);
const [perSecond, seconds, rounds] = process.argv.slice(3).map(Number);

/** How often some requests are sent, in milliseconds: rarely, so that the timer costs little. */
const TICK_MS = 20;

/** Ahead of the first round, until the code is hot. */
const WARM_UP_SECONDS = 3;

/** With as many outputs they are about the numbers of a handwritten digit and its answer, which some monitors write down. */
const INPUTS = 400;

const ORIGIN = { protocol: "bench", method: "predict", requestId: "7" };
const silent = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
const folder = mkdtempSync(join(tmpdir(), "plinth-bench-observed-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

const { models } = await start();
const x = { dtype: "float32", shape: [INPUTS], data: Float32Array.from({ length: INPUTS }, Math.random) };
const inputs = new Map([["x", x]]);
await usPerRequest(WARM_UP_SECONDS);
const measured = [];
for (let round = 0; round < rounds; round++) measured.push(await usPerRequest(seconds));
console.log(JSON.stringify(measured));
process.exit(0);

async function start() {
  const config = JSON.stringify({
    storage: { use: "memory" },
    backends: [{ use: "./idle-backend.mjs" }],
    monitors: monitors.map((monitor) => (monitor.use === "journal" ? { directory: folder, ...monitor } : monitor)),
    models: { idle: { execution: { executor: "inline" } } },
  });
  const file = new URL("observed.yaml", import.meta.url).pathname;
  const cli = new URL("../../cli/bin/plinth.js", import.meta.url).href;
  const options = { environment: {}, defaults: {}, resolveFrom: [import.meta.url, cli] };
  const server = await startServer(await parseConfig(config, file, options), silent);
  const { signal } = new AbortController();
  await server.storage.publish("idle", 1n, [{ path: "model.idle", content: [new Uint8Array(1)] }], { signal });
  while (!server.models.readiness().ready) await pause(10);
  return server;
}

async function usPerRequest(forSeconds) {
  const beganAtMs = performance.now();
  const before = process.cpuUsage();
  let sent = 0;
  for (let elapsedMs = 0; elapsedMs < forSeconds * 1_000; elapsedMs = performance.now() - beganAtMs) {
    for (const due = (elapsedMs / 1_000) * perSecond; sent < due; sent++) await infer();
    await pause(TICK_MS);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / sent;
}

async function infer() {
  const handle = await models.acquire({ model: "idle", origin: ORIGIN });
  await handle.infer({ inputs });
  handle[Symbol.dispose]();
}
