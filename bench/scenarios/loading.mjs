import { setTimeout as sleep } from "node:timers/promises";
import { request } from "undici";
import { prepareOpenLoop } from "../measure/open-loop.mjs";
import { nowMs } from "../measure/open-loop-run.mjs";
import { latencyFigures } from "../measure/statistics.mjs";
import { DIGITS, ROW_BODY } from "../models/model-files.mjs";
import { predictUrl, startPlinth } from "../servers/plinth.mjs";
import { withServers } from "../servers/server-process.mjs";
import { atMost } from "../target.mjs";

const RATE_PER_SECOND = 200;
const QUIET_MS = 1_500;

/** How often the state of the large model is asked for, in milliseconds. */
const LOOK_MS = 25;

export const loading = {
  title: `a tiny model at ${RATE_PER_SECOND} requests/s, open loop, while a model of 200 MB is loaded again and again`,

  run({ folder, file, seconds }) {
    const files = { tiny: [DIGITS[0]], large: [file("large")] };
    return withServers([() => startPlinth("Plinth", { folder, files })], async (plinth) => {
      await change(plinth, "unload", "END");
      const duration = seconds(24);
      const load = { url: predictUrl(plinth, "tiny"), body: ROW_BODY, ratePerSecond: RATE_PER_SECOND };
      const begin = await prepareOpenLoop({ ...load, seconds: duration });
      const [run, periods] = await Promise.all([begin(), loadAgainAndAgain(plinth, nowMs() + duration * 1000)]);
      const row = (name, kind) => {
        const latenciesMs = run.latenciesMs((dueAtMs) => {
          return periods.some((period) => period.kind === kind && period.fromMs <= dueAtMs && dueAtMs < period.toMs);
        });
        return { name, requests: latenciesMs.length, ...latencyFigures(latenciesMs) };
      };
      const quiet = row("quiet", "quiet");
      const busy = row("while it loads", "loading");
      const loads = periods.filter(({ kind }) => kind === "loading");
      busy.loads = loads.length;
      busy.msPerLoad = loads.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0) / loads.length;
      return {
        tables: [{ rows: [quiet, busy] }],
        targets: [atMost("p99 while another model loads, of the quiet one", busy.p99Ms / quiet.p99Ms, 1.5, "x")],
      };
    });
  },
};

/** Waits, loads, unloads, in turns; gives the periods of the first two. */
async function loadAgainAndAgain(plinth, untilMs) {
  const periods = [];
  const period = async (kind, during) => {
    const fromMs = nowMs();
    await during();
    periods.push({ kind, fromMs, toMs: nowMs() });
  };
  while (nowMs() + QUIET_MS < untilMs) {
    await period("quiet", () => sleep(QUIET_MS));
    await period("loading", () => change(plinth, "load", "AVAILABLE"));
    await change(plinth, "unload", "END");
  }
  return periods;
}

/** Loads or unloads the large model and waits until it is in that state. */
async function change({ url }, action, state) {
  const { statusCode, body } = await request(`${url}/api/models/large/${action}`, { method: "POST" });
  const answer = await body.text();
  if (statusCode !== 200) throw new Error(`${action}: ${statusCode} ${answer}`);
  for (;;) {
    const status = await request(`${url}/v1/models/large`);
    const { model_version_status: versions } = await status.body.json();
    if (versions?.every((version) => version.state === state)) return;
    await sleep(LOOK_MS);
  }
}
