// A process of its own that loads a model by backend-tfjs and runs its signatures in turn, with inputs of ones.
// node --expose-gc run-many-times.mjs <engine> <directory> <warming runs> <runs>; prints { tensors, bytes } before the runs and after, as JSON.
import { readdirSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { TfjsBackend, tfjsOptions } from "@plinth/backend-tfjs";
import { allocateData, elementCount } from "@plinth/core";
import { memory } from "@tensorflow/tfjs-core";

const [engine, directory, warming, runs] = process.argv.slice(2);

/** Of each open dimension: so many that one tensor left behind by each run cannot be overlooked. A string takes more than a number. */
const NUMBERS = 1_000;
const STRINGS = 10;

const files = readdirSync(directory, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name))
  .map((path) => ({ path: relative(directory, path), bytes: statSync(path).size }));
const version = { directory, files, async [Symbol.asyncDispose]() {} };
const { signal } = new AbortController();
const model = await new TfjsBackend(tfjsOptions.parse({ engine })).load(version, { model: "m", version: 1n, signal });

const calls = [...model.signatures].map(([signature, { inputs, outputs }]) => ({
  signature,
  inputs: new Map([...inputs].map(([name, spec]) => [name, spec.default ?? onesOf(spec)])),
  outputs: [...outputs.keys()],
}));

function onesOf({ dtype, shape }) {
  const rows = dtype === "string" ? STRINGS : NUMBERS;
  const concrete = shape.map((length) => (length === -1 ? rows : length));
  const data = allocateData(dtype, elementCount(concrete));
  return { dtype, shape: concrete, data: data.fill(dtype === "string" ? Buffer.from("one") : 1) };
}

async function run(count) {
  for (let done = 0; done < count; done++) await model.run(calls[done % calls.length]);
}

/** What is held once all is collected that nobody holds. */
function held() {
  for (let round = 0; round < 3; round++) globalThis.gc();
  return { tensors: memory().numTensors, bytes: process.memoryUsage.rss() };
}

await run(Number(warming));
const before = held();
await run(Number(runs));
process.stdout.write(JSON.stringify([before, held()]));
