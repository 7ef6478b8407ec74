import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ModelStatisticsDocument } from "@plinth/management";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BEHAVING_BACKEND, BehavingServer, childrenOf, isAlive } from "./behaving-server.js";

const GONE = { timeout: 10_000, interval: 20 };

/** Requests that wait for the only version of a model. */
async function queuedOf(statistics: Response): Promise<number | undefined> {
  return ((await statistics.json()) as ModelStatisticsDocument).versions[0]?.queued;
}

describe("a server with models in threads and processes", () => {
  let server: BehavingServer;
  let pid: number;

  beforeAll(async () => {
    server = await BehavingServer.start(
      {
        inline: "{ execution: { executor: inline } }",
        thread: "{ execution: { executor: thread, instances: 1 } }",
        process: "{ execution: { executor: process, instances: 1 } }",
        pair: "{ execution: { executor: process, instances: 2 } }",
      },
      "--inspect=127.0.0.1:0 --max-old-space-size=100",
    );
    ({ pid } = await server.placeOf("inline"));
  });

  afterAll(() => server[Symbol.asyncDispose]());

  it("runs each where it is told to", async () => {
    expect(await server.placeOf("inline")).toEqual({ pid, thread: 0 });
    expect(await server.placeOf("thread")).toEqual({ pid, thread: expect.toSatisfy((thread) => thread > 0) });
    const child = await server.placeOf("process");
    expect(child).toEqual({ pid: expect.toSatisfy((other) => other !== pid), thread: 0 });
    expect(childrenOf(pid)).toContain(child.pid);
    expect(childrenOf(pid)).toHaveLength(3);
  });

  it.runIf(process.platform === "linux")("has them step back for the thread that answers", async () => {
    const { pid: child } = await server.placeOf("process");
    expect(await nicenesses(pid)).toMatchObject({ [pid]: 0 });
    expect(Object.values(await nicenesses(pid)).filter((niceness) => niceness > 0).length).toBeGreaterThanOrEqual(1);
    expect((await nicenesses(child))[child]).toBeGreaterThan(0);
  });

  it.each(["thread", "process"])("answers all else while a long run is under way in a %s", async (model) => {
    const file = join(server.folder, `${model}-may-end`);
    const order: string[] = [];
    const long = server.tell(model, `until ${file}`).then(() => order.push("long run"));
    for (let round = 0; round < 100; round++) {
      expect((await server.get("/healthz")).status).toBe(200);
      expect(await server.tell("inline", "echo hello")).toMatchObject({ body: { predictions: ["hello"] } });
    }
    order.push("everything else");
    await writeFile(file, "");
    await long;
    expect(order).toEqual(["everything else", "long run"]);
  });

  it.each(["inline", "thread", "process"])(
    "streams from a model in a %s, and stops it when its client goes away",
    async (model) => {
      const answers = await (await server.stream(model, ["echo one", "place", "echo two"])).text();
      const { pid: where, thread } = await server.placeOf(model);
      expect(answers.match(/"answer":"[^"]*"/g)).toEqual(
        ["one", `${where} ${thread}`, "two"].map((answer) => `"answer":"${answer}"`),
      );
      const file = join(server.folder, `${model}-was-stopped`);
      const client = new AbortController();
      const response = await server.stream(model, ["echo one", `wait ${file}`], client.signal);
      expect(new TextDecoder().decode((await response.body?.getReader().read())?.value)).toContain("one");
      client.abort();
      await expect.poll(() => existsSync(file), GONE).toBe(true);
    },
  );

  it("tells in the middle of a stream that its process has gone", async () => {
    const answers = await (await server.stream("process", ["echo one", "exit"])).text();
    expect(answers).toMatch(/"answer":"one".*\n\ndata: \{"error":"[^"]*has gone: it ended with code 3/);
    await server.ready();
  });

  it.each(["thread", "process"])(
    "ends the wait for a run in a %s at its deadline, and answers the next after it",
    async (model) => {
      const file = join(server.folder, `${model}-goes-on`);
      const cut = await server.tell(model, `until ${file}`, { "grpc-timeout": "300m" });
      expect(cut).toMatchObject({ status: 504, body: { error: expect.stringContaining("while the model ran") } });
      const next = server.tell(model, "echo next");
      await writeFile(file, "");
      expect(await next).toMatchObject({ status: 200, body: { predictions: ["next"] } });
    },
  );

  it("tells a client whose run held the server up past its deadline that it came too late", async () => {
    expect(await server.tell("inline", "spend 100", { "grpc-timeout": "50m" })).toMatchObject({ status: 504 });
  });

  it.each(["thread", "process"])("runs the most urgent first of those that wait for a %s", async (model) => {
    const file = join(server.folder, `${model}-busy`);
    const busy = server.tell(model, `until ${file}`);
    const order: string[] = [];
    const waiting = ["u=7", "u=3", "u=0"].map((priority) =>
      server.tell(model, "spend 20", { priority }).then(() => order.push(priority)),
    );
    await expect.poll(async () => queuedOf(await server.get(`/api/models/${model}/statistics`)), GONE).toBe(3);
    await writeFile(file, "");
    await Promise.all([busy, ...waiting]);
    expect(order).toEqual(["u=0", "u=3", "u=7"]);
  });

  it.each([
    ["process", "abort", "SIGABRT"],
    ["process", "exit", "code 3"],
    ["process", "throw", "code 1"],
    ["process", "heap", "SIGABRT"],
    ["thread", "exit", "code 3"],
    ["thread", "throw", "thrown out of band"],
    ["thread", "heap", "memory"],
  ])("loses only what a %s was running when it dies by %s, says so, and replaces it", async (model, command, why) => {
    const before = await server.placeOf(model);
    const lost = await server.tell(model, command);
    expect(lost).toMatchObject({ status: 503, body: { error: expect.stringContaining(why) } });
    const readiness = await server.get("/readyz");
    expect(readiness.status).toBe(503);
    expect(await readiness.text()).toContain(`The worker of model ${model} version 1 has gone`);
    expect((await server.tell("inline", "echo hello")).status).toBe(200);
    await server.ready();
    expect(await server.placeOf(model)).not.toEqual(before);
    if (model === "process") expect(isAlive(before.pid)).toBe(false);
  });

  it("goes on with the other instance where one is killed, and is ready all the while", async ({ annotate }) => {
    const file = join(server.folder, "survivor-may-end");
    const survivor = server.tell("pair", `until ${file}`);
    const { pid: victim } = await server.placeOf("pair");
    const lost = server.tell("pair", "forever looping");
    process.kill(victim, "SIGKILL");
    expect(await lost).toMatchObject({ status: 503, body: { error: expect.stringContaining("SIGKILL") } });
    const diedAtMs = performance.now();
    expect((await server.get("/readyz")).status).toBe(200);
    await writeFile(file, "");
    expect(await survivor).toMatchObject({ status: 200, body: { predictions: ["done"] } });
    await expect.poll(() => childrenOf(pid).length, GONE).toBe(3);
    expect((await server.tell("pair", "echo again")).status).toBe(200);
    await annotate(`A process was replaced after ${(performance.now() - diedAtMs).toFixed(0)} ms`);
  });

  it.each(["thread", "process"])("hands on what is logged in a %s, with the name of the plugin", async (model) => {
    expect((await server.tell(model, `log careful in a ${model}`)).status).toBe(200);
    await expect
      .poll(() => server.log(), GONE)
      .toMatch(new RegExp(`.*"plugin":"behaving".*"message":"what was logged".*"msg":"careful in a ${model}"`));
  });

  it.each(["thread", "process"])("keeps what is printed in a %s out of its own standard output", async (model) => {
    await server.tell(model, `print from a ${model}`);
    await expect.poll(() => server.log(), GONE).toContain(`from a ${model}`);
    expect(server.printed).not.toContain(`from a ${model}`);
  });

  it("has a debugger of its own alone", async () => {
    expect((await server.log()).match(/Debugger listening/g)).toHaveLength(1);
  });

  it("ends with 0 where it is told to, and all that it started with it", async () => {
    const children = childrenOf(pid);
    expect(children).toHaveLength(3);
    expect(await server.stop("SIGTERM")).toBe(0);
    expect(children.filter(isAlive)).toEqual([]);
    expect(await server.log()).not.toContain("could not be");
  });
});

describe("processes do not outlive their server", () => {
  it.each([
    ["does nothing", "echo hello"],
    ["is in a run that never ends", "forever begun"],
  ])("that was killed, also one that %s", async (_, command) => {
    await using server = await BehavingServer.start({
      inline: "{ execution: { executor: inline } }",
      process: "{ execution: { executor: process, instances: 1 } }",
    });
    const { pid } = await server.placeOf("inline");
    const child = (await server.placeOf("process")).pid;
    const run = server.tell("process", command).catch(() => {});
    if (!command.startsWith("forever")) await run;
    else await expect.poll(() => readFile(join(server.folder, "begun"), "utf8"), GONE).toBe("");
    process.kill(pid, "SIGKILL");
    await expect.poll(() => isAlive(child), GONE).toBe(false);
  });

  it("nor keep it from ending with 0 at Ctrl-C, which they get as well", async () => {
    await using server = await BehavingServer.start({
      process: "{ execution: { executor: process, instances: 2 } }",
    });
    const { pid } = await server.placeOf("process");
    expect(await server.stop("SIGINT")).toBe(0);
    expect(isAlive(pid)).toBe(false);
    expect(await server.log()).not.toContain("has gone");
  });
});

it("moves a model whose runs have become long to threads, and answers all requests meanwhile", async () => {
  const backend = `{ use: ${JSON.stringify(BEHAVING_BACKEND)}, streams: false }`;
  await using server = await BehavingServer.start({ moving: `{ backend: ${backend}, execution: { instances: 2 } }` });
  expect(await server.placeOf("moving")).toMatchObject({ thread: 0 });
  let isMoved = false;
  const clients = Array.from({ length: 4 }, async () => {
    while (!isMoved) expect(await server.tell("moving", "spend 2")).toMatchObject({ body: { predictions: ["spent"] } });
  });
  await expect.poll(() => server.log(), { timeout: 60_000 }).toContain("moved to workers");
  isMoved = true;
  await Promise.all(clients);
  expect(await server.placeOf("moving")).toMatchObject({ thread: expect.toSatisfy((thread) => thread > 0) });
});

it("puts the digits on the serving thread, and refuses a thread to a backend that cannot be made there", async () => {
  const own = `backend: { use: ${JSON.stringify(BEHAVING_BACKEND)}, hook: true }`;
  await using server = await BehavingServer.start({
    digits: "{}",
    stubborn: `{ ${own}, execution: { executor: thread } }`,
    patient: `{ ${own} }`,
  });
  const log = await server.log();
  expect(log).toMatch(/"model":"digits".*"msg":"Model digits version \d+ runs on the serving thread"/);
  expect(log).toMatch(/Model stubborn version 1 is to run in a thread, but the backend behaving cannot be made there/);
  expect(await server.placeOf("patient")).toMatchObject({ thread: 0 });
});

/** How much each thread of a process steps back, by its number: field 19 of https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
async function nicenesses(pid: number): Promise<Record<string, number>> {
  const threads = await readdir(`/proc/${pid}/task`);
  const stats = await Promise.all(threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/stat`, "utf8")));
  return Object.fromEntries(stats.map((stat, index) => [threads[index], Number(stat.split(") ")[1]?.split(" ")[16])]));
}
