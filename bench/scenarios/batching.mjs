import { inLoop, overHttp } from "../measure/candidates.mjs";
import { inTurns } from "../measure/in-turns.mjs";
import { ROW_BODY } from "../models/model-files.mjs";
import { BareLoop } from "../servers/bare-loop.mjs";
import { predictUrl, startPlinth } from "../servers/plinth.mjs";
import { withServers } from "../servers/server-process.mjs";
import { atLeast, atMost } from "../target.mjs";

const CONNECTIONS = 64;
const THREADS = 2;
const MAX_BATCH_SIZE = 32;

export const batching = {
  title: "a perceptron of 80 MB of weights, which a run reads once whatever the batch",

  async run({ folder, file, rounds, seconds }) {
    const wide = file("wide");
    const start = (name, model) => () => startPlinth(name, { folder, files: { model: [wide] }, models: { model } });
    const starts = [
      () => BareLoop.start({ file: wide, threads: THREADS }),
      () => BareLoop.start({ file: wide, threads: THREADS, rows: MAX_BATCH_SIZE }),
      start("Plinth, auto, without batching", {}),
      start("Plinth, auto, with batching", { batching: { maxBatchSize: MAX_BATCH_SIZE } }),
    ];
    return withServers(starts, async (single, batched, ...plinths) => {
      const served = plinths.map((server) => {
        return overHttp(server, { url: predictUrl(server), body: ROW_BODY, connections: CONNECTIONS });
      });
      const measured = await inTurns([inLoop(single), inLoop(batched), ...served], { rounds, seconds: seconds(3) });
      const [without, withBatching] = served;
      return {
        tables: [{ title: `${CONNECTIONS} connections`, rows: measured.rows() }],
        targets: [
          atLeast("batching, requests/s of unbatched", measured.ratio("perSecond", withBatching, without), 3, "x"),
          atMost("batching, p95 of unbatched", measured.ratio("p95Ms", withBatching, without), 1, "x"),
        ],
      };
    });
  },
};
