import { closedLoop } from "../measure/closed-loop.mjs";
import { openLoop } from "../measure/open-loop.mjs";
import { latencyFigures } from "../measure/statistics.mjs";
import { ROW_BODY } from "../models/model-files.mjs";
import { predictUrl, startWarm } from "../servers/plinth.mjs";
import { withServers } from "../servers/server-process.mjs";
import { atLeast } from "../target.mjs";

const CONNECTIONS = 16;
const TIMES_PEAK = 5;
const TOO_MANY_REQUESTS = 429;

export const overload = {
  title: `the medium model, offered ${TIMES_PEAK} times what it can do`,

  run({ folder, file, seconds }) {
    const files = { model: [file("medium")] };
    return withServers([() => startWarm("Plinth", { folder, files, models: { model: {} } })], async (plinth) => {
      const load = { url: predictUrl(plinth), body: ROW_BODY };
      await closedLoop({ ...load, connections: CONNECTIONS, seconds: seconds(1) });
      const before = plinth.memoryMb();
      const peak = await plinth.under(() => closedLoop({ ...load, connections: CONNECTIONS, seconds: seconds(5) }));
      const ratePerSecond = TIMES_PEAK * peak.perSecond;
      const overloaded = await plinth.under(() => openLoopFigures({ ...load, ratePerSecond, seconds: seconds(10) }));
      return {
        tables: [
          {
            rows: [
              { name: `closed loop, ${CONNECTIONS} connections`, ...peak, rssBeforeMb: before.rssMb },
              { name: `open loop at ${TIMES_PEAK} times that`, ...overloaded, rssBeforeMb: peak.rssMb },
            ],
          },
        ],
        targets: [
          atLeast("good answers/s under overload, of the peak", overloaded.perSecond / peak.perSecond, 0.9, "x"),
        ],
      };
    });
  },
};

/** `perSecond`, the latencies and the CPU time are those of the good answers. */
async function openLoopFigures(load) {
  const cpuBefore = process.cpuUsage();
  const run = await openLoop(load);
  const good = run.latenciesMs();
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    requests: good.length,
    perSecond: run.goodPerSecond(),
    ...latencyFigures(good),
    offeredPerSecond: run.requests / load.seconds,
    refused: run.share(TOO_MANY_REQUESTS),
    unanswered: run.share(0),
    generatorLateP99Ms: latencyFigures(run.latenessMs()).p99Ms,
    generatorCores: (user + system) / 1e6 / load.seconds,
  };
}
