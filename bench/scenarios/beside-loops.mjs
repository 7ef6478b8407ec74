import { atRate, inLoop, overHttp } from "../measure/candidates.mjs";
import { inTurns } from "../measure/in-turns.mjs";
import { ROW_BODY } from "../models/model-files.mjs";
import { BareLoop } from "../servers/bare-loop.mjs";
import { predictUrl, startForExecutors } from "../servers/plinth.mjs";
import { withServers } from "../servers/server-process.mjs";

/** Threads that run the model, bare and served. */
const THREADS = 2;

/** Of what `auto` did in a closed loop: the rate at which its latencies are measured. */
const STEADY_LOAD = 0.5;

/**
 * Serves a model by each executor, beside bare loops of it: `inline` has one thread and compares with a loop of one, the others
 * have two instances and compare with a loop of two threads.
 *
 * @param executors `auto` first
 * @returns the tables, with the part of its floor in each row, and the row of `auto`
 */
export function besideLoops({ folder, rounds }, { file, executors, connections, seconds }) {
  const threads = executors.includes("inline") ? [1, THREADS] : [THREADS];
  const starts = [
    ...threads.map((each) => () => BareLoop.start({ file, threads: each })),
    ...startForExecutors({ folder, file, executors, instances: THREADS, isSlow: true }),
  ];
  return withServers(starts, async (...started) => {
    const loops = started.slice(0, threads.length).map(inLoop);
    const byExecutor = started.slice(threads.length);
    const served = new Map(
      byExecutor.map((server, index) => [
        overHttp(server, { url: predictUrl(server), body: ROW_BODY, connections }),
        executors[index] === "inline" ? loops[0] : loops.at(-1),
      ]),
    );
    const measured = await inTurns([...loops, ...served.keys()], { rounds, seconds });
    const rows = measured.rows((candidate) => {
      const floor = served.get(candidate);
      return floor === undefined ? {} : { ofBareLoop: measured.ratio("perSecond", candidate, floor) };
    });
    const auto = rows[loops.length];

    const [plinth] = byExecutor;
    const ratePerSecond = auto.perSecond * STEADY_LOAD;
    const steady = atRate(plinth, { url: predictUrl(plinth), body: ROW_BODY, ratePerSecond });
    const latencies = await inTurns([steady], { rounds: 1, seconds: seconds * 2, warmUpSeconds: 0 });
    return {
      tables: [
        { title: `${connections} connections`, rows },
        { title: `${ratePerSecond.toFixed(1)} requests/s, half of that, open loop`, rows: latencies.rows() },
      ],
      auto,
    };
  });
}
