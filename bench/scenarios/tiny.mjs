import { atRate, overHttp } from "../measure/candidates.mjs";
import { inTurns } from "../measure/in-turns.mjs";
import { DIGITS, ROW_BODY } from "../models/model-files.mjs";
import { startHttpFloor } from "../servers/floors.mjs";
import { predictUrl, startForExecutors, startPlinth } from "../servers/plinth.mjs";
import { withServers } from "../servers/server-process.mjs";
import { atLeast, atMost } from "../target.mjs";

const CONNECTIONS = 32;
const OTHER_CONNECTIONS = [1, 8, 64];

/** Well below what either server can do, so that latencies are those of a server with time to spare. */
const RATE_PER_SECOND = 500;

/** Requests that arrive together run together; none waits for others. */
const BATCHING = { model: { batching: { maxBatchSize: CONNECTIONS } } };

const body = ROW_BODY;

export const tiny = {
  title: "the digit perceptron (784-64-10), JSON over REST, one row of 784 numbers a request",

  run({ folder, file, rounds, seconds }) {
    const starts = [
      () => startHttpFloor("echo"),
      () => startHttpFloor("parse"),
      () => startHttpFloor("session", DIGITS[0]),
      () => startPlinth("Plinth, auto, one operator", { folder, files: { model: [file("oneOperator")] } }),
      () => startPlinth("Plinth, auto, batching", { folder, files: { model: [DIGITS[0]] }, models: BATCHING }),
      ...startForExecutors({ folder, file: DIGITS[0] }),
    ];
    return withServers(starts, async (echo, parse, session, oneOperator, batching, ...byExecutor) => {
      const floors = [echo, parse, session].map((server) => overHttp(server, { body, connections: CONNECTIONS }));
      const served = [...byExecutor, oneOperator, batching].map((server) => {
        return overHttp(server, { url: predictUrl(server), body, connections: CONNECTIONS });
      });
      const measured = await inTurns([...floors, ...served], { rounds, seconds: seconds(2) });

      const both = [
        [parse, parse.url],
        [byExecutor[0], predictUrl(byExecutor[0])],
      ];
      const fewerAndMore = OTHER_CONNECTIONS.flatMap((connections) => {
        const name = `${connections} connection${connections > 1 ? "s" : ""}`;
        return both.map(([server, url]) =>
          overHttp(server, { name: `${server.name}, ${name}`, url, body, connections }),
        );
      });
      const others = await inTurns(fewerAndMore, { rounds, seconds: seconds(1), warmUpSeconds: 0 });

      const steady = both.map(([server, url]) => atRate(server, { url, body, ratePerSecond: RATE_PER_SECOND }));
      const latencies = await inTurns(steady, { rounds, seconds: seconds(2), warmUpSeconds: 0 });

      const [, parsing] = floors;
      const auto = served[0];
      const batched = served.at(-1);
      const ofParsing = (candidate) => ({ ofParsing: measured.ratio("perSecond", candidate, parsing) });
      return {
        tables: [
          { title: `${CONNECTIONS} connections`, rows: measured.rows(ofParsing) },
          { title: "other numbers of connections", rows: others.rows() },
          { title: `${RATE_PER_SECOND} requests/s, open loop`, rows: latencies.rows() },
        ],
        targets: [
          ...[auto, batched].flatMap((candidate) => [
            atLeast(
              `tiny, requests/s of the parsing node:http: ${candidate.name}`,
              measured.ratio("perSecond", candidate, parsing),
              1,
              "x",
            ),
            atMost(
              `tiny, CPU a request of the parsing node:http: ${candidate.name}`,
              measured.ratio("cpuMsPerRequest", candidate, parsing),
              1,
              "x",
            ),
          ]),
        ],
      };
    });
  },
};
