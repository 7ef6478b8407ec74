import { closedLoop } from "./closed-loop.mjs";
import { prepareOpenLoop } from "./open-loop.mjs";
import { latencyFigures } from "./statistics.mjs";

/** A server that is loaded over HTTP as fast as it answers, for in-turns.mjs. */
export function overHttp(server, { name = server.name, url = server.url, body, connections }) {
  return { name, load: (seconds) => server.under(() => closedLoop({ url, body, connections, seconds })) };
}

/**
 * A server that is asked at a given rate whether it answers or not, for in-turns.mjs. Latencies are those of good answers.
 *
 * @param meanwhile what else goes on from the beginning of the schedule, given its seconds; its figures come beside
 */
export function atRate(server, { name = server.name, meanwhile = async () => ({}), ...load }) {
  return {
    name,
    load: async (seconds) => {
      const begin = await prepareOpenLoop({ ...load, seconds });
      return server.under(async () => {
        const [run, more] = await Promise.all([begin(), meanwhile(seconds)]);
        return {
          requests: run.requests,
          ...latencyFigures(run.latenciesMs()),
          good: run.share(200),
          generatorLateP99Ms: latencyFigures(run.latenessMs()).p99Ms,
          ...more,
        };
      });
    },
  };
}

/** A bare loop of a model, for in-turns.mjs. */
export function inLoop(loop) {
  return { name: loop.name, load: (seconds) => loop.run(seconds) };
}
