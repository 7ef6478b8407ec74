import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ROOT } from "../architecture/source-files.js";
import { type Answer, KeptConnections } from "./kept-connections.js";
import { RunningCommand } from "./running-command.js";

const execute = promisify(execFile);
const PLINTH = join(ROOT, "cli", "bin", "plinth.js");
const DIGITS = join(ROOT, "examples", "digits", "models", "digits");
const MONITOR = join(ROOT, "test", "built", "counting-monitor.mjs");
const CONNECTIONS = 16;
const UNTIL = { timeout: 20_000, interval: 20 };

let folder: string;
let server: RunningCommand;
let url: string;
let clients: KeptConnections;
let seven: string;
/** That were asked for since the server was started. */
let predictions: number;

/** Starts a server with two fronts over version 1 of the digits. */
async function start(more = "", settings = "pollIntervalMs: 20"): Promise<void> {
  const config = join(folder, "config.yaml");
  await writeFile(
    config,
    `server: { processes: 2, ${settings} }\n` +
      "storage: { use: disk, root: ./models, settleMs: 0 }\n" +
      `protocols: [{ use: rest, port: 0 }]\nmonitors: [{ use: ${JSON.stringify(MONITOR)} }]\n${more}`,
  );
  server = new RunningCommand(process.execPath, [PLINTH, "serve", config], folder);
  url = (await server.line(/^Plinth listens on (\S+)$/))[1] ?? "";
  clients = new KeptConnections(url, CONNECTIONS);
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "plinth-processes-"));
  await cp(join(DIGITS, "1"), join(folder, "models", "digits", "1"), { recursive: true });
  predictions = 0;
  seven = await readFile(join(ROOT, "examples", "digits", "seven.json"), "utf8");
});

afterEach(async () => {
  clients.close();
  await server.stop().catch(() => {});
  await rm(folder, { recursive: true });
});

async function plinth(...words: readonly string[]): Promise<string> {
  const env = { ...process.env, PLINTH_SERVER: url };
  return (await execute(process.execPath, [PLINTH, ...words], { cwd: folder, env })).stdout;
}

async function childrenOf(pid: number): Promise<readonly number[]> {
  const { stdout } = await execute("ps", ["-e", "-o", "pid=,ppid="]);
  const pairs = stdout
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number));
  return pairs.flatMap(([child = 0, parent]) => (parent === pid ? [child] : []));
}

/** The fronts, and the workers that these have started. */
async function descendantsOf(pid: number): Promise<readonly number[]> {
  const children = await childrenOf(pid);
  return [...children, ...(await Promise.all(children.map(childrenOf))).flat()];
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** What the monitor has counted, and in which process. */
async function counts(): Promise<Record<string, number>> {
  return (await fetch(`${url}/counts`)).json() as Promise<Record<string, number>>;
}

const bodiesOf = (answers: readonly Answer[]) => new Set(answers.map(({ body }) => body));
const failuresOf = (answers: readonly Answer[]) => answers.filter(({ status }) => status !== 200);

/** One prediction on every connection. */
function predict(path: string): Promise<readonly Answer[]> {
  predictions += CONNECTIONS;
  return clients.ask(`/v1/models/${path}:predict`, seven);
}

describe("a server with two fronts", () => {
  it("has a changed label in effect on every connection when the change returns, and tells monitors of every request", async () => {
    await cp(join(DIGITS, "2"), join(folder, "models", "digits", "2"), { recursive: true });
    await start();
    await plinth("load", "digits", "1");
    const answers = new Map<string, string>();
    for (const version of ["1", "2"]) {
      await expect.poll(async () => failuresOf(await predict(`digits/versions/${version}`)), UNTIL).toEqual([]);
      const [body = "", ...others] = bodiesOf(await predict(`digits/versions/${version}`));
      expect(others, `answers of version ${version} that differ`).toEqual([]);
      answers.set(version, body);
    }
    const label = `${url}/api/models/digits/labels/stable`;
    for (let round = 0; round < 20; round++) {
      const version = String(1 + (round % 2));
      const headers = { "content-type": "application/json" };
      const moved = await fetch(label, { method: "PUT", headers, body: JSON.stringify({ version }) });
      expect(moved.status, await moved.text()).toBeLessThan(300);
      expect(bodiesOf(await predict("digits/labels/stable"))).toEqual(new Set([answers.get(version)]));
    }
    await expect.poll(async () => (await counts())["request-finished"], UNTIL).toBe(predictions);
    expect((await counts()).pid, "monitors are in the main process").toBe(server.pid);
    expect(await plinth("rollback", "digits", "2")).toContain("rollback 2");
    expect(bodiesOf(await predict("digits/labels/stable"))).toEqual(new Set([answers.get("1")]));
    expect(await plinth("history", "digits", "--limit", "1")).toContain("rollback 2");
  });

  it("switches versions without a failed request, also pushed ones, and is reloaded as one", async () => {
    await start();
    const [first] = bodiesOf(await predict("digits"));
    const available = (model: string, version: string) =>
      expect.poll(() => plinth("versions", model), UNTIL).toMatch(new RegExp(`^${version} +available`, "m"));
    const switched = plinth("push", "digits", join(DIGITS, "2"))
      .then(() => available("digits", "2"))
      .then(() => expect.poll(() => plinth("versions", "digits"), UNTIL).toMatch(/^1 +(end|stored)/m));
    const answers = await clients.askUntil(switched, "/v1/models/digits:predict", seven);
    await switched;
    expect(failuresOf(answers)).toEqual([]);
    expect(bodiesOf(await predict("digits"))).not.toContain(first);

    const config = join(folder, "config.yaml");
    const text = await readFile(config, "utf8");
    await writeFile(config, `${text}models: { digits: { versions: [1], labels: { fixed: 1 } } }\n`);
    expect(await plinth("reload")).toContain("digits");
    expect(bodiesOf(await predict("digits/labels/fixed"))).toEqual(new Set([first]));
    await writeFile(config, text.replace("processes: 2", "processes: 3"));
    await expect(plinth("reload")).rejects.toMatchObject({ stderr: expect.stringContaining("RESTART_NEEDED") });
  });

  it("loses no more than what a front was answering when that is killed, and replaces it as it should be", async () => {
    await start();
    await plinth("label", "digits", "stable", "1");
    await predict("digits");
    const [victim = 0, survivor = 0, ...others] = await childrenOf(server.pid);
    expect(others).toEqual([]);
    const replaced = pause(200).then(async () => {
      process.kill(victim, "SIGKILL");
      await expect.poll(() => server.output, UNTIL).toContain("has taken the place");
    });
    const answers = await clients.askUntil(replaced, "/v1/models/digits/labels/stable:predict", seven);
    await replaced;
    const failures = failuresOf(answers);
    expect(failures.map(({ status }) => status)).toEqual(failures.map(() => 0));
    expect(failures.length, "about half of the connections were its own").toBeLessThan(CONNECTIONS);
    const fronts = await childrenOf(server.pid);
    expect(fronts).toHaveLength(2);
    expect(fronts).toContain(survivor);
    process.kill(survivor, "SIGKILL");
    await expect.poll(() => childrenOf(server.pid), UNTIL).not.toContain(survivor);
    await predict("digits/labels/stable");
    expect(failuresOf(await predict("digits/labels/stable")), "answered by the one that came").toEqual([]);
    await expect.poll(async () => (await childrenOf(server.pid)).length, UNTIL).toBe(2);
    expect((await counts())["error-occurred"]).toBe(2);
  });

  it("leaves no process behind when the main one is killed", async () => {
    await start("models: { digits: { execution: { executor: process, instances: 2 } } }\n");
    expect(failuresOf(await predict("digits"))).toEqual([]);
    const descendants = await descendantsOf(server.pid);
    expect(descendants, "two fronts with a worker each").toHaveLength(4);
    process.kill(server.pid, "SIGKILL");
    await expect.poll(() => descendants.filter(isAlive), UNTIL).toEqual([]);
  });

  it.each([
    ["SIGTERM to the main process alone", (pid: number) => process.kill(pid, "SIGTERM")],
    ["SIGINT to all of them", (pid: number) => process.kill(-pid, "SIGINT")],
  ])("answers what it has begun and ends with 0 after %s", async (_, stop) => {
    await start();
    const fronts = await childrenOf(server.pid);
    const ended = server.ended();
    const answers = clients.askUntil(
      pause(300)
        .then(() => stop(server.pid))
        .then(() => ended),
      "/v1/models/digits:predict",
      seven,
    );
    expect(await ended).toBe(0);
    const failures = failuresOf(await answers);
    expect(
      failures.filter(({ status, body }) => status !== 0 || !/ECONNREFUSED|ECONNRESET|hang up/.test(body)),
    ).toEqual([]);
    expect(fronts.filter(isAlive)).toEqual([]);
    expect(server.output).not.toContain('"level":50');
  });

  it("closes connections past the bound of both, and takes others again once one is gone", async () => {
    await start("", "limits: { maxConnections: 4 }");
    const many = new KeptConnections(url, 10);
    const statuses = (await many.ask("/healthz")).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(8);
    expect(statuses.filter((status) => status === 0)).toHaveLength(2);
    many.close();
    await expect
      .poll(
        async () =>
          fetch(`${url}/healthz`).then(
            ({ ok }) => ok,
            () => false,
          ),
        UNTIL,
      )
      .toBe(true);
  });

  it("counts a version's memory once for each front", async () => {
    const { size } = await stat(join(DIGITS, "1", "model.onnx"));
    await start("", `memoryBudgetBytes: ${Math.ceil(size * 1.2 * 1.5)}`);
    expect(server.output).toMatch(/digits: version 1 error .*memoryBudgetBytes/);
  });

  it("says what is wrong once where a port is taken", async () => {
    await start();
    const config = join(folder, "other.yaml");
    const text = await readFile(join(folder, "config.yaml"), "utf8");
    await writeFile(config, text.replace("port: 0", `port: ${new URL(url).port}`).replace("./models", "./other"));
    await expect(execute(process.execPath, [PLINTH, "serve", config])).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^[^\n]*Protocol rest: [^\n]*EADDRINUSE[^\n]*$/m),
    });
  });
});
