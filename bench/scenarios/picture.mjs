import { overHttp } from "../measure/candidates.mjs";
import { inTurns } from "../measure/in-turns.mjs";
import { pictureBody } from "../models/model-files.mjs";
import { startHttpFloor } from "../servers/floors.mjs";
import { predictUrl, startForExecutors } from "../servers/plinth.mjs";
import { withServers } from "../servers/server-process.mjs";

const CONNECTIONS = 8;

export const picture = {
  title: "a picture of 224x224x3 as JSON over REST, a model that only takes means",

  async run({ folder, file, rounds, seconds }) {
    const starts = [() => startHttpFloor("parse"), ...startForExecutors({ folder, file: file("picture") })];
    return withServers(starts, async (parse, ...byExecutor) => {
      const load = { body: pictureBody(), connections: CONNECTIONS };
      const floor = overHttp(parse, load);
      const served = byExecutor.map((server) => overHttp(server, { ...load, url: predictUrl(server) }));
      const measured = await inTurns([floor, ...served], { rounds, seconds: seconds(1.5) });
      const ofParsing = (candidate) => ({ ofParsing: measured.ratio("perSecond", candidate, floor) });
      return { tables: [{ title: `${CONNECTIONS} connections`, rows: measured.rows(ofParsing) }], targets: [] };
    });
  },
};
