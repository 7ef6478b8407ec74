import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { overHttp } from "../measure/candidates.mjs";
import { inTurns } from "../measure/in-turns.mjs";
import { median } from "../measure/statistics.mjs";
import { DIGITS, ROW_BODY } from "../models/model-files.mjs";
import { predictUrl, startPlinth } from "../servers/plinth.mjs";
import { beside, withServers } from "../servers/server-process.mjs";
import { atMost } from "../target.mjs";

const CONNECTIONS = 32;

/** What each monitor may cost, as a share of a tiny model's request. */
const MAX_COST = 0.03;

/** About as many as one process answers on two cores that it shares with its load. */
const OBSERVED_PER_SECOND = 5_000;

/** As people have them who say nothing more; nobody listens where the traces go to. */
const MONITORS = {
  "no monitor": [],
  "no monitor, once more": [],
  prometheus: [{ use: "prometheus" }],
  "prometheus, all names": [
    { use: "prometheus", tensorflowServingPath: "/monitoring/prometheus/metrics", tritonPath: "/metrics" },
  ],
  journal: [{ use: "journal" }],
  "journal, 1 % sampled as JSON": [{ use: "journal", requests: { share: 0.01, formats: ["json"] } }],
  "journal, 1 % sampled as TFRecord": [{ use: "journal", requests: { share: 0.01, formats: ["tfrecord"] } }],
  opentelemetry: [{ use: "opentelemetry", url: "http://127.0.0.1:9/v1/traces" }],
};

const NONE = "no monitor";

/**
 * A monitor costs less of a request than the machine's noise: the difference of two servers' requests a second says little about it. So
 * what it costs is measured where there is nothing else, in CPU time, and held against the CPU time of a whole request.
 */
export const monitors = {
  title: "the digit perceptron over REST, with and without each monitor",

  async run({ folder, rounds, seconds, isQuick }) {
    const usPerRequest = await observed(isQuick ? 2 : 5, isQuick ? 2 : 4);
    const costUs = (name) => usPerRequest[name] - usPerRequest[NONE];
    const starts = Object.entries(MONITORS).map(([name, used]) => () => {
      return startPlinth(name, { folder, files: { model: [DIGITS[0]] }, monitors: used });
    });
    return withServers(starts, async (...servers) => {
      const candidates = servers.map((server) => {
        return overHttp(server, { url: predictUrl(server), body: ROW_BODY, connections: CONNECTIONS });
      });
      const [without] = candidates;
      // Short turns and many of them, since a difference of some percent is looked for.
      const measured = await inTurns(candidates, { rounds: rounds * 3, seconds: seconds(1) });
      const requestUs = measured.of(without).cpuMsPerRequest * 1_000;
      const ofRequest = (name) => costUs(name) / requestUs;
      return {
        tables: [
          {
            title: `in a process of its own each, all at the same time, ${OBSERVED_PER_SECOND} requests/s`,
            rows: Object.entries(usPerRequest).map(([name, us]) => {
              return { name, cpuUsPerRequest: us, costUs: costUs(name), ofRequest: ofRequest(name) };
            }),
          },
          {
            title: `${CONNECTIONS} connections, in turns`,
            rows: measured.rows((candidate) => ({ ofNone: measured.ratio("perSecond", candidate, without) })),
          },
        ],
        targets: Object.keys(MONITORS)
          .filter((name) => MONITORS[name].length > 0)
          .map((name) => atMost(`${name}, of the CPU time of a request`, ofRequest(name), MAX_COST, "x")),
      };
    });
  },
};

/** Microseconds of CPU for a request of a model that does nothing, by what is configured: the medians of some rounds. */
async function observed(rounds, seconds) {
  const measured = Object.entries(MONITORS).map(async ([name, used]) => {
    const parameters = [beside("observed.mjs"), JSON.stringify(used), OBSERVED_PER_SECOND, seconds, rounds].map(String);
    const { stdout } = await promisify(execFile)(process.execPath, parameters);
    return [name, median(JSON.parse(stdout))];
  });
  return Object.fromEntries(await Promise.all(measured));
}
