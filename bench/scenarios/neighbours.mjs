import { atRate } from "../measure/candidates.mjs";
import { closedLoop } from "../measure/closed-loop.mjs";
import { inTurns } from "../measure/in-turns.mjs";
import { DIGITS, ROW_BODY } from "../models/model-files.mjs";
import { predictUrl, startPlinth } from "../servers/plinth.mjs";
import { withServers } from "../servers/server-process.mjs";
import { below } from "../target.mjs";

/** Requests to the tiny model. */
const RATE_PER_SECOND = 100;

/** Connections that keep the heavy model busy. */
const HEAVY_CONNECTIONS = 4;

export const neighbours = {
  title: `a tiny model at ${RATE_PER_SECOND} requests/s, open loop, alone and beside a heavy one that is kept busy`,

  run({ folder, file, rounds, seconds }) {
    const files = { tiny: [DIGITS[0]], heavy: [file("heavy")] };
    return withServers([() => startPlinth("Plinth", { folder, files })], async (plinth) => {
      const load = { url: predictUrl(plinth, "tiny"), body: ROW_BODY, ratePerSecond: RATE_PER_SECOND };
      const heavyLoad = { url: predictUrl(plinth, "heavy"), body: ROW_BODY, connections: HEAVY_CONNECTIONS };
      const meanwhile = async (duration) => {
        const { perSecond } = await closedLoop({ ...heavyLoad, seconds: duration });
        return { heavyPerSecond: perSecond };
      };
      const alone = atRate(plinth, { ...load, name: "tiny, alone" });
      const busy = atRate(plinth, { ...load, name: "tiny, beside the heavy one", meanwhile });
      const measured = await inTurns([alone, busy], { rounds, seconds: seconds(5) });
      return {
        tables: [{ rows: measured.rows() }],
        targets: [below("a tiny model's p99 beside a heavy one, ms", measured.of(busy).p99Ms, 10)],
      };
    });
  },
};
