import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { openLoop } from "../measure/open-loop.mjs";
import { poissonSchedule } from "../measure/poisson-schedule.mjs";

/** Requests that the generator sends ahead of its schedule. */
const WARM_UP_REQUESTS = 50;

const RATE = { ratePerSecond: 200, seconds: 0.5, seed: 7 };
const SCHEDULE = poissonSchedule(RATE);

let server;

afterEach(() => server?.close());

/** @param answer is given the number of the request on the schedule and how to answer it */
async function serve(answer) {
  let number = -WARM_UP_REQUESTS;
  server = createServer((request, response) => {
    request.resume();
    const end = (status = 200) => response.writeHead(status).end("{}");
    if (number++ < 0) end();
    else answer(number - 1, end);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${server.address().port}/`;
}

describe("a schedule", () => {
  it("is the same for a seed, ascends, and has about the rate that is asked for", () => {
    const long = { ratePerSecond: 100, seconds: 100, seed: 3 };
    const times = poissonSchedule(long);
    expect(poissonSchedule(long)).toEqual(times);
    expect(poissonSchedule({ ...long, seed: 4 })).not.toEqual(times);
    expect([...times].sort((left, right) => left - right)).toEqual([...times]);
    expect(times.at(-1)).toBeLessThan(100_000);
    expect(Math.abs(times.length - 10_000)).toBeLessThan(300);
  });

  it("has pauses as random arrivals have: their deviation is their mean", () => {
    const times = poissonSchedule({ ratePerSecond: 1000, seconds: 100, seed: 3 });
    const pauses = [...times.subarray(1)].map((time, index) => time - times[index]);
    const mean = pauses.reduce((sum, pause) => sum + pause) / pauses.length;
    const deviation = Math.sqrt(pauses.reduce((sum, pause) => sum + (pause - mean) ** 2, 0) / pauses.length);
    expect(deviation / mean).toBeCloseTo(1, 1);
  });
});

describe("an open loop", () => {
  it("gives a constant delay back", async () => {
    const delayMs = 40;
    const url = await serve((_number, end) => sleep(delayMs).then(() => end()));
    const run = await openLoop({ url, body: "{}", ...RATE });
    expect(run.requests).toBe(SCHEDULE.length);
    expect(run.share(200)).toBe(1);
    // Timers may be up to a millisecond early.
    expect(Math.min(...run.latenciesMs())).toBeGreaterThanOrEqual(delayMs - 1);
  });

  it("sends on while nothing is answered, and counts all of the waiting", async () => {
    const held = [];
    const url = await serve((_number, end) => {
      held.push(end);
      if (held.length === SCHEDULE.length) for (const each of held) each();
    });
    const run = await openLoop({ url, body: "{}", ...RATE });
    const latenciesMs = run.latenciesMs();
    expect(latenciesMs).toHaveLength(SCHEDULE.length);
    const untilTheLastMs = SCHEDULE.map((dueAtMs) => SCHEDULE.at(-1) - dueAtMs);
    const isHidden = (latencyMs, index) => latencyMs < untilTheLastMs[index] - 0.01;
    expect(latenciesMs.filter(isHidden)).toEqual([]);
  });

  it("tells answers apart by their status", async () => {
    const url = await serve((number, end) => end(number % 2 === 0 ? 200 : 429));
    const run = await openLoop({ url, body: "{}", ...RATE });
    expect(run.share(200) + run.share(429)).toBeCloseTo(1);
    expect(Math.abs(run.share(200) - run.share(429))).toBeLessThanOrEqual(1 / run.requests + 1e-9);
  });
});
