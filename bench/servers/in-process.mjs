// A program that embeds Plinth, without protocols, and infers as often as it can on a model that does nothing, in turns with the
// model alone. Prints the rounds' calls a second as JSON.
import { DEFAULT_SIGNATURE, parseConfig, startServer } from "@plinth/core";
import { idleModel } from "./idle-backend.mjs";

const [rounds, seconds] = process.argv.slice(2).map(Number);

/** Calls between two looks at the clock. */
const CALLS_AT_ONCE = 1_000;

const config = `
storage: { use: memory }
backends: [{ use: ./idle-backend.mjs }]
models: { idle: { execution: { executor: inline } } }
`;
const silent = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
const file = new URL("in-process.yaml", import.meta.url).pathname;
const options = { environment: {}, defaults: {}, resolveFrom: [import.meta.url] };
const server = await startServer(await parseConfig(config, file, options), silent);

const { signal } = new AbortController();
await server.storage.publish("idle", 1n, [{ path: "model.idle", content: [new Uint8Array(1)] }], { signal });
while (!server.models.readiness().ready) await new Promise((resolve) => setTimeout(resolve, 10));

const inputs = new Map([["x", { dtype: "float32", shape: [1], data: new Float32Array(1) }]]);
const call = { signature: DEFAULT_SIGNATURE, inputs, outputs: ["y"] };

const served = () => server.models.infer({ model: "idle", inputs });
const alone = () => idleModel.run(call);

const measured = [];
for (const each of [served, alone]) await perSecond(each, seconds);
for (let round = 0; round < rounds; round++) {
  measured.push({ alone: await perSecond(alone, seconds), served: await perSecond(served, seconds) });
}
console.log(JSON.stringify(measured));
await server.stop();
process.exit(0);

async function perSecond(infer, seconds) {
  const beginMs = performance.now();
  let calls = 0;
  for (; performance.now() < beginMs + seconds * 1000; calls += CALLS_AT_ONCE) {
    for (let call = 0; call < CALLS_AT_ONCE; call++) await infer();
  }
  return (calls / (performance.now() - beginMs)) * 1000;
}
