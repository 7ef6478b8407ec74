// A process of its own, as TensorFlow.js has one engine: loads a SavedModel and runs it, through the backend or by TensorFlow.js alone.
// node saved-model-runs.mjs <plinth or bare> <wasm or native> <directory> <rows> <runs>; prints { loadMs, peakBytes, runMs } as JSON.
import { readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { TfjsBackend, tfjsOptions } from "@plinth/backend-tfjs";
import { readSavedModel } from "@plinth/saved-model";
import { tfjsArtifacts } from "../models/tfjs-graph.mjs";
import { peakMemoryMb } from "./process-tree.mjs";

const [kind, engine, directory, rows, runs] = process.argv.slice(2);
const SIGNATURE = "serving_default";
const FIRST_MODEL = fileURLToPath(new URL("../../libraries/saved-model/test/models/affine/1", import.meta.url));
const OPENING = { plinth: openPlinth, bare: engine === "native" ? openBareNative : openBareWasm };

const requireOfBackend = createRequire(new URL("../../plugins/backend-tfjs/package.json", import.meta.url));

function residentBytes() {
  return peakMemoryMb() * 1e6;
}

async function openPlinth() {
  const backend = new TfjsBackend(tfjsOptions.parse({ engine }));
  const load = (folder) =>
    backend.load(versionOf(folder), { model: "m", version: 1n, signal: new AbortController().signal });
  // The engine's own start is no part of a load: it is there from the first model on.
  await load(FIRST_MODEL);
  const [beganAtMs, before] = [performance.now(), residentBytes()];
  const model = await load(directory);
  const loaded = { loadMs: performance.now() - beganAtMs, peakBytes: residentBytes() - before };
  const { inputs, outputs } = model.signatures.get(SIGNATURE);
  const [[name, { shape }]] = inputs;
  const call = { signature: SIGNATURE, inputs: new Map([[name, input(shape)]]), outputs: [...outputs.keys()] };
  return { ...loaded, run: () => model.run(call) };
}

function versionOf(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path: path.slice(folder.length + 1), bytes: statSync(path).size }));
  return { directory: folder, files, async [Symbol.asyncDispose]() {} };
}

/** The same graph by TensorFlow.js's own executor. */
async function openBareWasm() {
  const tf = requireOfBackend("@tensorflow/tfjs-core");
  requireOfBackend("@tensorflow/tfjs-backend-wasm");
  const { GraphModel } = requireOfBackend("@tensorflow/tfjs-converter");
  tf.enableProdMode();
  await tf.setBackend("wasm");
  const beganAtMs = performance.now();
  const signature = (await readSavedModel(directory)).signatures.get(SIGNATURE);
  const model = new GraphModel({ load: () => tfjsArtifacts(signature) });
  model.load();
  const loadMs = performance.now() - beganAtMs;
  const [{ name, shape }] = signature.inputs;
  const { data, shape: concrete } = input(shape);
  const run = async () => {
    const x = tf.tensor(data, concrete);
    const results = [model.execute({ [name]: x })].flat();
    for (const result of results) result.dataSync();
    tf.dispose([x, ...results]);
  };
  return { loadMs, peakBytes: 0, run };
}

/** The same files by tfjs-node's own loader. */
async function openBareNative() {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "2";
  const tf = requireOfBackend("@tensorflow/tfjs-node");
  tf.enableProdMode();
  const beganAtMs = performance.now();
  const model = await tf.node.loadSavedModel(directory, ["serve"], SIGNATURE);
  const loadMs = performance.now() - beganAtMs;
  const { data, shape } = input(model.inputs[0].shape.map(Number));
  const run = async () => {
    const x = tf.tensor(data, shape);
    const results = [model.predict(x)].flat();
    for (const result of results) result.dataSync();
    tf.dispose([x, ...results]);
  };
  return { loadMs, peakBytes: 0, run };
}

function input(shape) {
  const concrete = shape.map((length) => (length === -1 ? Number(rows) : length));
  return {
    dtype: "float32",
    shape: concrete,
    data: new Float32Array(concrete.reduce((product, length) => product * length, 1)).fill(0.5),
  };
}

const { loadMs, peakBytes, run } = await OPENING[kind]();
for (let warming = 0; warming < Math.ceil(runs / 5); warming++) await run();
const times = [];
for (let count = 0; count < runs; count++) {
  const beganAtMs = performance.now();
  await run();
  times.push(performance.now() - beganAtMs);
}
times.sort((left, right) => left - right);
process.stdout.write(JSON.stringify({ loadMs, peakBytes, runMs: times[Math.floor(times.length / 2)] ?? 0 }));
