// The thread of open-loop.mjs.
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { Pool } from "undici";
import { nowMs } from "./open-loop-run.mjs";
import { poissonSchedule } from "./poisson-schedule.mjs";

const { url, body, maxConnections, warmUpRequests, drainMs, ...rate } = workerData;
const { origin, pathname } = new URL(url);
const pool = new Pool(origin, { connections: maxConnections, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 });
const request = {
  method: "POST",
  path: pathname,
  headers: { "Content-Type": "application/json" },
  body: Buffer.from(body),
};

for (let sent = 0; sent < warmUpRequests; sent++) await new Promise((resolve) => post(() => {}, resolve));
parentPort.postMessage("ready");
await once(parentPort, "message");

const offsetsMs = poissonSchedule(rate);
const beginMs = nowMs();
const dueAtMs = offsetsMs.map((offsetMs) => beginMs + offsetMs);
const sentAtMs = new Float64Array(dueAtMs.length);
const answeredAtMs = new Float64Array(dueAtMs.length);
const statuses = new Uint16Array(dueAtMs.length);

let unanswered = dueAtMs.length;
for (let next = 0; next < dueAtMs.length; ) {
  for (; next < dueAtMs.length && dueAtMs[next] <= nowMs(); next++) send(next);
  if (next < dueAtMs.length) await sleep(dueAtMs[next] - nowMs());
}
for (const giveUpMs = nowMs() + drainMs; unanswered > 0 && nowMs() < giveUpMs; ) await sleep(10);

parentPort.postMessage({ dueAtMs, sentAtMs, answeredAtMs, statuses });
await pool.destroy();

function send(index) {
  sentAtMs[index] = nowMs();
  let status = 0;
  post(
    (statusCode) => {
      status = statusCode;
    },
    (isWhole) => {
      answeredAtMs[index] = nowMs();
      statuses[index] = isWhole ? status : 0;
      unanswered--;
    },
  );
}

function post(onStatus, onEnd) {
  pool.dispatch(request, {
    onRequestStart: () => {},
    onResponseStart: (_controller, statusCode) => onStatus(statusCode),
    onResponseData: () => {},
    onResponseEnd: () => onEnd(true),
    onResponseError: () => onEnd(false),
  });
}
