import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import autocannon from "autocannon";
import { InferenceSession, Tensor } from "onnxruntime-node";

const CONNECTIONS = 32;
const ROUNDS = 5;
const ROUND_SECONDS = 3;
const WARM_UP_SECONDS = 2;

/** Clock ticks of /proc/<pid>/stat in a second: fixed by Linux's interface to programs. */
const TICKS_PER_SECOND = 100;

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

/** Rows of the table: each server's requests per second beside the echoes', with the CPU time that a request took. */
export async function benchServing() {
  const { instances } = JSON.parse(await readFile(path("../examples/digits/seven.json"), "utf8"));
  const body = JSON.stringify({ instances });
  const servers = [
    await start("node:http, sends the body back", [path("floor-server.mjs"), "echo"], "/"),
    await start("node:http, JSON.parse and JSON.stringify of the body", [path("floor-server.mjs"), "json-echo"], "/"),
    await start("node:http, JSON.parse, answers ten numbers", [path("floor-server.mjs"), "parse"], "/"),
    await start(
      "Plinth",
      [path("../cli/bin/plinth.js"), "serve", path("digits.yaml"), "--log-level", "warn"],
      "/v1/models/digits:predict",
    ),
  ];
  try {
    for (const server of servers) await load(server, body, WARM_UP_SECONDS);
    const rounds = servers.map(() => []);
    for (let round = 0; round < ROUNDS; round++) {
      for (const [index, server] of servers.entries()) rounds[index].push(await load(server, body, ROUND_SECONDS));
    }
    const rows = servers.map(({ name }, index) => ({ name, ...medians(rounds[index]) }));
    const [bytesEcho, jsonEcho] = rows.map((row) => row["requests/s"]);
    return [
      ...rows.map((row) => ({
        ...row,
        "of the JSON echo": ratio(row["requests/s"] / jsonEcho),
        "of the bytes' echo": ratio(row["requests/s"] / bytesEcho),
      })),
      { name: "session.run alone, in a loop", ...(await bareLoop(instances[0])) },
    ];
  } finally {
    for (const { child } of servers) child.kill("SIGTERM");
  }
}

/** One round of load on one server. */
async function load({ url, child }, body, seconds) {
  const cpuBefore = cpuSeconds(child.pid);
  const { requests, latency, errors, non2xx } = await autocannon({
    url,
    method: "POST",
    body,
    connections: CONNECTIONS,
    duration: seconds,
  });
  if (errors + non2xx > 0) throw new Error(`${url}: ${errors} errors, ${non2xx} answers other than 2xx`);
  return {
    "requests/s": requests.total / seconds,
    "CPU ms a request": ((cpuSeconds(child.pid) - cpuBefore) * 1000) / requests.total,
    "p50 ms": latency.p50,
    "p99 ms": latency.p99,
  };
}

/** User and system time of a process so far. */
function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

async function bareLoop(image) {
  const session = await InferenceSession.create(path("../examples/digits/models/digits/1/model.onnx"), {
    intraOpNumThreads: 1,
  });
  const input = new Tensor("float32", Float32Array.from(image), [1, image.length]);
  const until = performance.now() + ROUND_SECONDS * 1000;
  const cpuBefore = process.cpuUsage();
  let runs = 0;
  for (; performance.now() < until; runs++) await session.run({ image: input });
  const { user, system } = process.cpuUsage(cpuBefore);
  return { "requests/s": Math.round(runs / ROUND_SECONDS), "CPU ms a request": ratio((user + system) / 1000 / runs) };
}

async function start(name, parameters, route) {
  const child = spawn(process.execPath, parameters, { stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /listens on (\S+)/.exec(line)?.[1];
    if (url !== undefined) return { name, url: url + route, child };
  }
  throw new Error(`${name} ended before it listened`);
}

function medians(rounds) {
  return Object.fromEntries(
    Object.keys(rounds[0]).map((key) => {
      const sorted = rounds.map((round) => round[key]).sort((left, right) => left - right);
      const median = sorted[Math.floor(sorted.length / 2)];
      return [key, key === "requests/s" ? Math.round(median) : ratio(median)];
    }),
  );
}

function ratio(value) {
  return Number(value.toFixed(3));
}
