import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { median } from "../measure/statistics.mjs";
import { writeLargeNetwork, writePictureNetwork } from "../models/saved-model-file.mjs";
import { atMost, below } from "../target.mjs";

const RUNS = fileURLToPath(new URL("../measure/saved-model-runs.mjs", import.meta.url));
const RESNET = fileURLToPath(new URL("../../../shared/testdata/savedmodel/resnet_small/1", import.meta.url));
const LARGE_BYTES = 25 * 4 * 2 ** 20;
const RUNS_PER_ROUND = 60;

const NAMES = { wasm: "TensorFlow.js", native: "tfjs-node" };

export const savedModel = {
  title: "a SavedModel beside TensorFlow.js alone, and one of 100 MB that is loaded",

  async run({ folder, rounds, seconds }) {
    const picture = existsSync(RESNET) ? RESNET : join(folder, "picture", "1");
    if (picture !== RESNET) writePictureNetwork(picture);
    const large = join(folder, "large-saved-model", "1");
    writeLargeNetwork(large);
    const runs = seconds(RUNS_PER_ROUND);
    const engines = await measureEngines(isNativeInstalled() ? ["wasm", "native"] : ["wasm"], picture, rounds, runs);
    const loads = [];
    for (let round = 0; round < rounds; round++) loads.push(await measure("plinth", "wasm", large, 0));
    const loadMs = medianOf(loads, "loadMs");
    const peakTimesItsSize = medianOf(loads, "peakBytes") / LARGE_BYTES;
    return {
      tables: [
        ...engines.map(({ engine, bare, plinth }) => ({
          title: `engine ${engine}`,
          rows: [
            { name: `${NAMES[engine]} alone`, runMs: medianOf(bare, "runMs"), loadMs: medianOf(bare, "loadMs") },
            { name: "backend-tfjs", runMs: medianOf(plinth, "runMs"), loadMs: medianOf(plinth, "loadMs") },
          ],
        })),
        ...(engines.length === 1
          ? [{ title: "engine native: not measured, scripts/install-tfjs-node installs it", rows: [] }]
          : []),
        { rows: [{ name: "100 MB in variables, on wasm", loadMs, peakTimesItsSize }] },
      ],
      targets: [
        ...engines.map(({ engine, ratio }) =>
          atMost(`SavedModel on ${engine}, a run of ${NAMES[engine]} alone`, ratio, 1.1, "x"),
        ),
        below("SavedModel of 100 MB, load, ms", loadMs, 3_000),
        below("SavedModel of 100 MB, peak memory of its size, x", peakTimesItsSize, 3),
      ],
    };
  },
};

/** Processes that take turns, each with a whole round of runs. */
async function measureEngines(engines, directory, rounds, runs) {
  const measured = engines.map((engine) => ({ engine, bare: [], plinth: [] }));
  for (let round = 0; round < rounds; round++) {
    for (const { engine, bare, plinth } of measured) {
      bare.push(await measure("bare", engine, directory, runs));
      plinth.push(await measure("plinth", engine, directory, runs));
    }
  }
  return measured.map((each) => ({
    ...each,
    ratio: median(each.plinth.map(({ runMs }, round) => runMs / each.bare[round].runMs)),
  }));
}

async function measure(kind, engine, directory, runs) {
  const parameters = [RUNS, kind, engine, directory, "2", String(Math.ceil(runs))];
  const { stdout } = await promisify(execFile)(process.execPath, parameters);
  return JSON.parse(stdout);
}

function isNativeInstalled() {
  try {
    createRequire(new URL("../../plugins/backend-tfjs/package.json", import.meta.url)).resolve("@tensorflow/tfjs-node");
    return true;
  } catch {
    return false;
  }
}

function medianOf(figures, name) {
  return median(figures.map((each) => each[name]));
}
