import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ModelInstance } from "../../../../src/serving/execution/worker/model-instance.js";
import { MAX_MODELS, SPARE_MS, SpareWorkers } from "../../../../src/serving/execution/worker/spare-workers.js";
import { FakeWorkers } from "../../../fakes/fake-workers.js";
import { RecordingLogger } from "../../../fakes/recording-logger.js";

let workers: FakeWorkers;
let spares: SpareWorkers;

beforeEach(() => {
  vi.useFakeTimers();
  workers = new FakeWorkers();
  workers.onOpen = (worker) => void queueMicrotask(() => worker.loaded());
  spares = new SpareWorkers(workers.open);
});

afterEach(() => vi.useRealTimers());

test("a worker that has freed its model gets the next one, with its backend made already", async () => {
  await free(await load());
  const [worker] = workers.opened;
  const loading = load();
  worker?.loaded();
  const instance = await loading;
  expect(workers.opened).toHaveLength(1);
  expect(worker?.sentTypes()).toEqual(["load"]);
  await free(instance);
});

test("models that are loaded at the same time have a worker each", async () => {
  const instances = [await load(), await load()];
  expect(workers.opened).toHaveLength(2);
  await Promise.all(instances.map(free));
});

test("a spare worker that no model comes for is ended", async () => {
  await free(await load());
  const { newest } = workers;
  expect(newest.sentTypes()).not.toContain("dispose");
  vi.advanceTimersByTime(SPARE_MS);
  expect(newest.sentTypes().at(-1)).toBe("dispose");
  newest.end("it ended with code 0");
  await load();
  expect(workers.opened).toHaveLength(2);
});

test("of more spare workers than are loaded at once, the others are ended", async () => {
  const instances = [await load(), await load(), await load()];
  for (const instance of instances) await free(instance);
  expect(workers.opened.map((worker) => worker.sentTypes().includes("dispose"))).toEqual([false, false, true]);
});

test(`a worker has ${MAX_MODELS} models and no more`, async () => {
  for (let model = 1; model <= MAX_MODELS; model++) {
    const loading = load();
    workers.newest.loaded();
    await free(await loading);
  }
  expect(workers.opened).toHaveLength(1);
  expect(workers.newest.sentTypes()).toEqual(["dispose"]);
  await load();
  expect(workers.opened).toHaveLength(2);
});

test("a worker that dies without a model is no spare one any more", async () => {
  await free(await load());
  workers.newest.end("it was ended by SIGKILL");
  await load();
  expect(workers.opened).toHaveLength(2);
});

test("a worker whose load fails is not used again", async () => {
  workers.onOpen = (worker) => void queueMicrotask(() => worker.failed(new Error("torn")));
  await expect(load()).rejects.toMatchObject({ message: "torn" });
  expect(workers.newest.hasEnded).toBe(true);
});

async function load(): Promise<ModelInstance> {
  const files = { directory: "/nowhere", files: [], [Symbol.asyncDispose]: async () => {} };
  const options = { open: spares.open, bootData: {}, model: "m", version: 1n, files, logger: new RecordingLogger() };
  return (await ModelInstance.start(options, new AbortController().signal)).instance;
}

/** Has the worker of the instance, whichever it is, do what it is asked to. */
async function free(instance: ModelInstance): Promise<void> {
  const freeing = instance[Symbol.asyncDispose]();
  for (const worker of workers.opened) {
    if (worker.sentTypes().at(-1) !== "unload") continue;
    worker.sent.splice(0);
    worker.receive({ type: "unloaded" });
  }
  await freeing;
}
