// One run: floors and figures, in turns. See README.md.
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { modelFile } from "./models/model-files.mjs";
import { scenarioText, targetsText } from "./report.mjs";
import { batching } from "./scenarios/batching.mjs";
import { bucket } from "./scenarios/bucket.mjs";
import { grpc } from "./scenarios/grpc.mjs";
import { heavy } from "./scenarios/heavy.mjs";
import { inProcess } from "./scenarios/in-process.mjs";
import { loading } from "./scenarios/loading.mjs";
import { medium } from "./scenarios/medium.mjs";
import { monitors } from "./scenarios/monitors.mjs";
import { neighbours } from "./scenarios/neighbours.mjs";
import { overload } from "./scenarios/overload.mjs";
import { picture } from "./scenarios/picture.mjs";
import { savedModel } from "./scenarios/saved-model.mjs";
import { start } from "./scenarios/start.mjs";
import { storage } from "./scenarios/storage.mjs";
import { tensorJson } from "./scenarios/tensor-json.mjs";
import { tensorRaw } from "./scenarios/tensor-raw.mjs";
import { tiny } from "./scenarios/tiny.mjs";

/** In this order. */
const SCENARIOS = {
  start,
  "in-process": inProcess,
  tiny,
  picture,
  grpc,
  medium,
  heavy,
  neighbours,
  monitors,
  batching,
  loading,
  storage,
  overload,
  "tensor-json": tensorJson,
  "tensor-raw": tensorRaw,
  "saved-model": savedModel,
  bucket,
};

const ROUNDS = 3;
const QUICK_TIMES = 1 / 3;

const {
  only,
  quick: isQuick,
  json,
} = parseArgs({
  options: {
    only: { type: "string", default: Object.keys(SCENARIOS).join(",") },
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
}).values;
const names = only.split(",");
const unknown = names.filter((name) => !Object.hasOwn(SCENARIOS, name));
if (unknown.length > 0) {
  console.error(`--only: expected names out of ${Object.keys(SCENARIOS).join(", ")}, got ${unknown.join(", ")}`);
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), "plinth-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

const context = {
  folder,
  isQuick,
  rounds: isQuick ? 1 : ROUNDS,
  seconds: (seconds) => (isQuick ? Math.max(1, Math.round(seconds * QUICK_TIMES)) : seconds),
  file: (network) => modelFile(folder, network),
};

const scenarios = [];
for (const name of names) {
  const { title } = SCENARIOS[name];
  const beganAtMs = performance.now();
  const measured = await SCENARIOS[name].run(context).catch((error) => ({ error: error.stack }));
  const scenario = { name, title, tookMs: Math.round(performance.now() - beganAtMs), ...measured };
  scenarios.push(scenario);
  if (!json) console.log(scenarioText(scenario));
}

const machine = { node: process.version, cpu: cpus()[0].model, cores: availableParallelism() };
if (json) console.log(JSON.stringify({ machine, scenarios }, null, 2));
else console.log(`${targetsText(scenarios)}\n${machine.cores} cores of ${machine.cpu}, Node.js ${machine.node}`);
process.exitCode = scenarios.some(({ error }) => error !== undefined) ? 1 : 0;
