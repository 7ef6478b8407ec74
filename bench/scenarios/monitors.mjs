import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { overHttp } from "../measure/candidates.mjs";
import { inTurns } from "../measure/in-turns.mjs";
import { DIGITS, ROW_BODY } from "../models/model-files.mjs";
import { predictUrl, startPlinth } from "../servers/plinth.mjs";
import { beside, withServers } from "../servers/server-process.mjs";
import { atLeast, atMost } from "../target.mjs";

const CONNECTIONS = 32;

/** What each monitor may cost, as a share of a tiny model's request. */
const MAX_COST = 0.03;

/** As people have them who say nothing more; nobody listens where the traces go to. */
const MONITORS = {
  "no monitor": [],
  prometheus: [{ use: "prometheus" }],
  "prometheus, all names": [
    { use: "prometheus", tensorflowServingPath: "/monitoring/prometheus/metrics", tritonPath: "/metrics" },
  ],
  journal: [{ use: "journal" }],
  "journal, 1 % sampled": [{ use: "journal", requests: { share: 0.01, formats: ["json", "tfrecord"] } }],
  opentelemetry: [{ use: "opentelemetry", url: "http://127.0.0.1:9/v1/traces" }],
};

export const monitors = {
  title: "the digit perceptron over REST, with and without each monitor",

  async run({ folder, rounds, seconds, isQuick }) {
    const parameters = [beside("observed.mjs"), JSON.stringify(MONITORS), isQuick ? 20 : 60].map(String);
    const { stdout } = await promisify(execFile)(process.execPath, parameters);
    const usPerRequest = JSON.parse(stdout);
    const costUs = (name) => usPerRequest[name] - usPerRequest["no monitor"];

    const starts = Object.entries(MONITORS).map(([name, used]) => () => {
      return startPlinth(name, { folder, files: { model: [DIGITS[0]] }, monitors: used });
    });
    return withServers(starts, async (...servers) => {
      const candidates = servers.map((server) => {
        return overHttp(server, { url: predictUrl(server), body: ROW_BODY, connections: CONNECTIONS });
      });
      const [without, ...each] = candidates;
      // Short turns and many of them, since a difference of some percent is looked for.
      const measured = await inTurns(candidates, { rounds: rounds * 3, seconds: seconds(1) });
      const ofNone = (candidate) => measured.ratio("perSecond", candidate, without);
      const requestUs = measured.of(without).cpuMsPerRequest * 1_000;
      return {
        tables: [
          {
            title: "in process, the fastest of many turns",
            rows: Object.entries(usPerRequest).map(([name, us]) => ({ name, usPerRequest: us, costUs: costUs(name) })),
          },
          {
            title: `${CONNECTIONS} connections`,
            rows: measured.rows((candidate) => ({ ofNone: ofNone(candidate) })),
          },
        ],
        targets: each.flatMap((candidate) => [
          atMost(`${candidate.name}, of the CPU time of a request`, costUs(candidate.name) / requestUs, MAX_COST, "x"),
          atLeast(`${candidate.name}, requests/s of those without`, ofNone(candidate), 1 - MAX_COST, "x"),
        ]),
      };
    });
  },
};
