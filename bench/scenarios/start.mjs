import { inTurns } from "../measure/in-turns.mjs";
import { DIGITS } from "../models/model-files.mjs";
import { startHttpFloor } from "../servers/floors.mjs";
import { startPlinth } from "../servers/plinth.mjs";
import { below } from "../target.mjs";

const STARTS = 5;

export const start = {
  title: "start to ready, and memory then: the digits in two versions, as `npm start` serves them",

  async run({ folder, isQuick }) {
    const files = { digits: DIGITS };
    const models = { digits: { versions: "all" } };
    const plinth = started("Plinth", () => startPlinth("Plinth", { folder, files, models }));
    const floor = started("node:http by hand, version 1 only", () => startHttpFloor("session", DIGITS[0]));
    const measured = await inTurns([floor, plinth], { rounds: isQuick ? 2 : STARTS, warmUpSeconds: 0 });
    const { startMs, rssMb } = measured.of(plinth);
    return {
      tables: [{ rows: measured.rows() }],
      targets: [below("start to ready, ms", startMs, 700), below("resident memory when ready, MB", rssMb, 130)],
    };
  },
};

/** Starts and stops a server each time. */
function started(name, begin) {
  return {
    name,
    load: async () => {
      const server = await begin();
      const figures = { startMs: server.startMs, ...server.memoryMb() };
      await server.stop();
      return figures;
    },
  };
}
