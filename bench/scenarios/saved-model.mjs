import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { median } from "../measure/statistics.mjs";
import { writeLargeNetwork, writePictureNetwork } from "../models/saved-model-file.mjs";
import { atMost, below } from "../target.mjs";

const RUNS = fileURLToPath(new URL("../measure/saved-model-runs.mjs", import.meta.url));
const RESNET = fileURLToPath(new URL("../../../shared/testdata/savedmodel/resnet_small/1", import.meta.url));
const LARGE_BYTES = 25 * 4 * 2 ** 20;

export const savedModel = {
  title: "a SavedModel on WebAssembly, and one of 100 MB that is loaded",

  async run({ folder, rounds, seconds }) {
    const picture = existsSync(RESNET) ? RESNET : join(folder, "picture", "1");
    if (picture !== RESNET) writePictureNetwork(picture);
    const large = join(folder, "large-saved-model", "1");
    writeLargeNetwork(large);
    const [bare, plinth, loads] = [[], [], []];
    for (let round = 0; round < rounds; round++) {
      bare.push(await measure("bare", picture, seconds(60)));
      plinth.push(await measure("plinth", picture, seconds(60)));
      loads.push(await measure("plinth", large, 0));
    }
    const of = (figures, name) => median(figures.map((each) => each[name]));
    const ratios = plinth.map(({ runMs }, round) => runMs / bare[round].runMs);
    return {
      tables: [
        {
          rows: [
            { name: "TensorFlow.js alone", runMs: of(bare, "runMs"), loadMs: of(bare, "loadMs") },
            { name: "backend-tfjs", runMs: of(plinth, "runMs"), loadMs: of(plinth, "loadMs") },
          ],
        },
        {
          rows: [
            { name: "100 MB", loadMs: of(loads, "loadMs"), peakTimesItsSize: of(loads, "peakBytes") / LARGE_BYTES },
          ],
        },
      ],
      targets: [
        atMost("SavedModel, a run of TensorFlow.js alone", median(ratios), 1.1, "x"),
        below("SavedModel of 100 MB, load, ms", of(loads, "loadMs"), 3_000),
        below("SavedModel of 100 MB, peak memory of its size, x", of(loads, "peakBytes") / LARGE_BYTES, 3),
      ],
    };
  },
};

async function measure(kind, directory, runs) {
  const { stdout } = await promisify(execFile)(process.execPath, [RUNS, kind, directory, "2", String(Math.ceil(runs))]);
  return JSON.parse(stdout);
}
