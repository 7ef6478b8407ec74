// A program that embeds Plinth several times, once with each of some monitors, and tells what each makes of the time of a request: on a
// model that does nothing, with a handle, as protocols do it. Takes the sections `monitors:` by name as JSON, prints microseconds a request
// by name as JSON.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseConfig, startServer } from "@plinth/core";

const [sections, rounds] = [JSON.parse(process.argv[2]), Number(process.argv[3])];

const REQUESTS_AT_ONCE = 5_000;

/** Of each turn, the fastest counts: what else the machine does only ever adds. */
const WARM_UP_ROUNDS = 5;

const ORIGIN = { protocol: "bench", method: "predict", requestId: "7" };
const silent = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
const folder = mkdtempSync(join(tmpdir(), "plinth-bench-observed-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const servers = [];
for (const [name, monitors] of Object.entries(sections)) servers.push(await start(name, monitors));
for (let round = 0; round < rounds; round++) {
  for (const each of servers) {
    const us = await usPerRequest(each.server);
    if (round >= WARM_UP_ROUNDS) each.fastestUs = Math.min(each.fastestUs, us);
    // What is written and sent in the background is paid for here.
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
console.log(JSON.stringify(Object.fromEntries(servers.map(({ name, fastestUs }) => [name, fastestUs]))));
process.exit(0);

async function start(name, monitors) {
  const config = JSON.stringify({
    storage: { use: "memory" },
    backends: [{ use: "./idle-backend.mjs" }],
    monitors: monitors.map((monitor) =>
      monitor.use === "journal" ? { directory: join(folder, name), ...monitor } : monitor,
    ),
    models: { idle: { execution: { executor: "inline" } } },
  });
  const file = new URL("observed.yaml", import.meta.url).pathname;
  const cli = new URL("../../cli/bin/plinth.js", import.meta.url).href;
  const options = { environment: {}, defaults: {}, resolveFrom: [import.meta.url, cli] };
  const server = await startServer(await parseConfig(config, file, options), silent);
  const { signal } = new AbortController();
  await server.storage.publish("idle", 1n, [{ path: "model.idle", content: [new Uint8Array(1)] }], { signal });
  while (!server.models.readiness().ready) await new Promise((resolve) => setTimeout(resolve, 10));
  return { name, server, fastestUs: Number.POSITIVE_INFINITY };
}

async function usPerRequest({ models }) {
  const inputs = new Map([["x", { dtype: "float32", shape: [1], data: new Float32Array(1) }]]);
  const beginMs = performance.now();
  for (let request = 0; request < REQUESTS_AT_ONCE; request++) {
    const handle = await models.acquire({ model: "idle", origin: ORIGIN });
    await handle.infer({ inputs });
    handle[Symbol.dispose]();
  }
  return ((performance.now() - beginMs) / REQUESTS_AT_ONCE) * 1_000;
}
