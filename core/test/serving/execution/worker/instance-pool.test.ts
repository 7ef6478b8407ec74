import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { DEFAULT_SIGNATURE, type NamedTensors, PlinthError } from "../../../../src/index.js";
import { InstancePool, replacementDelayMs } from "../../../../src/serving/execution/worker/instance-pool.js";
import { type LoadedInstance, ModelInstance } from "../../../../src/serving/execution/worker/model-instance.js";
import { FakeWorkers } from "../../../fakes/fake-workers.js";
import { RecordingLogger } from "../../../fakes/recording-logger.js";

let workers: FakeWorkers;
let died: PlinthError[];
let changes: number;
let memory: number;
let starts: number;
let counted: { started: number; died: number };
let pool: InstancePool;

beforeEach(() => {
  vi.useFakeTimers();
  workers = new FakeWorkers();
  workers.onOpen = (worker) => queueMicrotask(() => worker.loaded());
  [died, changes, memory, starts] = [[], 0, 0, 0];
});

afterEach(async () => {
  await disposed();
  expect(
    workers.opened.filter(({ hasEnded }) => !hasEnded),
    "workers left behind",
  ).toEqual([]);
  expect(vi.getTimerCount(), "timers left behind").toBe(0);
  expect(memory, "memory left behind").toBe(0);
  vi.useRealTimers();
});

describe("several instances", () => {
  test("get each run where least is under way", async () => {
    await createPool(3);
    for (let round = 0; round < 6; round++) void run();
    expect(runsPerWorker()).toEqual([2, 2, 2]);
    workers.opened[1]?.answer();
    workers.opened[1]?.answer();
    void run();
    void run();
    expect(runsPerWorker()).toEqual([2, 2, 2]);
    for (const worker of workers.opened) worker.answer();
  });

  test("take one run each, and short ones two", async () => {
    await createPool(2);
    expect(pool.slots).toBe(4);
    for (let round = 0; round < 100; round++) {
      for (const worker of workers.opened) {
        void run();
        void run();
        worker.answer(10);
        workers.opened.find((other) => other !== worker)?.answer(10);
      }
    }
    expect(pool.slots).toBe(2);
  });

  test("give their memory back with the pool, and one that does not start at once", async () => {
    await createPool(2);
    expect(memory).toBe(1);
    workers.onOpen = (worker) => queueMicrotask(() => worker.failed(new PlinthError("MODEL_FILE_INVALID", "torn")));
    await expect(pool.grow(reserve(), new AbortController().signal)).rejects.toMatchObject({
      reason: "MODEL_FILE_INVALID",
    });
    expect(memory).toBe(1);
  });
});

describe("one that dies", () => {
  test("leaves the others at work, and is no outage", async () => {
    await createPool(2);
    workers.opened[0]?.end("it was ended by SIGSEGV");
    await settle();
    expect(died).toHaveLength(1);
    expect(pool).toMatchObject({ slots: 2, outage: undefined });
    const answer = run();
    workers.opened[1]?.answer();
    await answer;
  });

  test("that was the last is an outage, until another one has taken its place", async () => {
    await createPool(1);
    workers.newest.end("it was ended by SIGSEGV");
    await settle();
    expect(pool).toMatchObject({ slots: 0, outage: { isLasting: false, error: { reason: "EXECUTOR_DIED" } } });
    expect(changes).toBe(1);
    await expect(run()).rejects.toMatchObject({ reason: "EXECUTOR_DIED", message: expect.stringContaining("SIGSEGV") });
    await vi.advanceTimersByTimeAsync(99);
    expect(workers.opened).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(pool).toMatchObject({ slots: 2, outage: undefined });
    expect(changes).toBe(2);
  });

  test("is replaced after pauses that double, up to half a minute, as long as that fails", async () => {
    await createPool(1);
    workers.onOpen = (worker) => queueMicrotask(() => worker.end("it ended with code 1"));
    workers.newest.end("it ended with code 1");
    await settle();
    for (const [index, pauseMs] of [
      100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000,
    ].entries()) {
      expect(replacementDelayMs(index)).toBe(pauseMs);
      await vi.advanceTimersByTimeAsync(pauseMs - 1);
      expect(starts).toBe(index + 1);
      expect(pool.outage?.isLasting).toBe(index > 0);
      await vi.advanceTimersByTimeAsync(1);
      expect(starts).toBe(index + 2);
    }
    workers.onOpen = (worker) => queueMicrotask(() => worker.loaded());
    await vi.advanceTimersByTimeAsync(30_000);
    expect(pool.outage).toBeUndefined();
  });

  test("soon after it took another one's place has failed, later it has not", async () => {
    await createPool(1);
    workers.newest.end("first");
    await vi.advanceTimersByTimeAsync(100);
    workers.newest.end("again at once");
    await settle();
    expect(pool.outage?.isLasting).toBe(true);
    await vi.advanceTimersByTimeAsync(199);
    expect(starts).toBe(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(starts).toBe(3);
    await vi.advanceTimersByTimeAsync(5_000);
    workers.newest.end("much later");
    await settle();
    expect(pool.outage?.isLasting).toBe(false);
    await vi.advanceTimersByTimeAsync(100);
    expect(starts).toBe(4);
  });
});

describe("a disposal", () => {
  test("in the pause before a replacement leaves it out", async () => {
    await createPool(1);
    workers.newest.end("gone");
    await settle();
    await pool[Symbol.asyncDispose]();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(starts).toBe(1);
  });

  test("while a replacement loads ends that, and is no failure", async () => {
    await createPool(1);
    workers.onOpen = () => {};
    workers.newest.end("gone");
    await vi.advanceTimersByTimeAsync(100);
    expect(workers.opened).toHaveLength(2);
    await pool[Symbol.asyncDispose]();
    expect(workers.newest.hasEnded).toBe(true);
    expect(died).toHaveLength(1);
  });

  test("at the moment at which a replacement has loaded disposes that as well", async () => {
    await createPool(1);
    workers.onOpen = () => {};
    workers.newest.end("gone");
    await vi.advanceTimersByTimeAsync(100);
    workers.newest.loaded();
    await disposed();
    expect(workers.newest.hasEnded).toBe(true);
  });

  test("during which instances die replaces none", async () => {
    await createPool(2);
    const disposing = pool[Symbol.asyncDispose]();
    for (const worker of workers.opened) worker.end("it was ended by SIGSEGV");
    await disposing;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(starts).toBe(2);
    expect(died).toEqual([]);
    await expect(run()).rejects.toMatchObject({ reason: "INTERNAL" });
  });
});

async function createPool(instances: number): Promise<void> {
  counted = { started: 0, died: 0 };
  const counts = { executorStarted: () => counted.started++, executorDied: () => counted.died++ };
  pool = new InstancePool(await start(), { start, died: (error) => died.push(error), counts });
  for (let copy = 1; copy < instances; copy++) await pool.grow(reserve(), new AbortController().signal);
  pool.onChange(() => {
    changes++;
  });
}

function start(signal: AbortSignal = new AbortController().signal): Promise<LoadedInstance> {
  starts++;
  const files = { directory: "/nowhere", files: [], [Symbol.asyncDispose]: async () => {} };
  const logger = new RecordingLogger();
  return ModelInstance.start({ open: workers.open, bootData: {}, model: "m", version: 1n, files, logger }, signal);
}

function reserve(): Disposable {
  memory++;
  return {
    [Symbol.dispose]: () => {
      memory--;
    },
  };
}

function run(): Promise<NamedTensors> {
  const inputs: NamedTensors = new Map([["x", { dtype: "float32", shape: [1], data: new Float32Array([1]) }]]);
  const outputs = pool.run({ signature: DEFAULT_SIGNATURE, inputs, outputs: ["y"] });
  outputs.catch(() => {});
  return outputs;
}

function runsPerWorker(): readonly number[] {
  return workers.opened.map((worker) => worker.sentTypes().filter((type) => type === "run").length);
}

/** Lets what has happened be noticed. */
async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

/** Workers that are asked to free their model do so. */
async function disposed(): Promise<void> {
  const disposing = pool[Symbol.asyncDispose]();
  await settle();
  for (const worker of workers.opened) worker.end("it ended with code 0");
  await disposing;
}
