import autocannon from "autocannon";
import { latencyFigures } from "./statistics.mjs";

/**
 * Load of `connections` that each send the next request when the last one is answered: for throughput. Latencies are those of
 * this load only; nobody who waits for a server sends less because of it. See open-loop.mjs.
 *
 * @throws Error if anything but 2xx came back
 */
export async function closedLoop({ url, body, connections, seconds }) {
  const latenciesMs = [];
  const beganAtMs = performance.now();
  let answeredAtMs = beganAtMs;
  const run = autocannon({ url, method: "POST", body, connections, duration: seconds });
  run.on("response", (_client, _status, _bytes, latencyMs) => {
    latenciesMs.push(latencyMs);
    answeredAtMs = performance.now();
  });
  const { errors, non2xx } = await run;
  if (errors + non2xx > 0) throw new Error(`${url}: ${errors} errors, ${non2xx} answers other than 2xx`);
  const requests = latenciesMs.length;
  return { requests, perSecond: (requests / (answeredAtMs - beganAtMs)) * 1000, ...latencyFigures(latenciesMs) };
}
