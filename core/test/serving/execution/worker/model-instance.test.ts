import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { DEFAULT_SIGNATURE, type NamedTensors, PlinthError } from "../../../../src/index.js";
import { ModelInstance } from "../../../../src/serving/execution/worker/model-instance.js";
import { packError } from "../../../../src/serving/execution/worker/packed-error.js";
import { FakeWorkers } from "../../../fakes/fake-workers.js";
import { RecordingLogger } from "../../../fakes/recording-logger.js";

let workers: FakeWorkers;
let logger: RecordingLogger;
let aborter: AbortController;

beforeEach(() => {
  vi.useFakeTimers();
  workers = new FakeWorkers();
  logger = new RecordingLogger();
  aborter = new AbortController();
});

afterEach(() => {
  expect(vi.getTimerCount(), "timers left behind").toBe(0);
  vi.useRealTimers();
});

describe("a start", () => {
  test("has the worker make its backend and load the model", async () => {
    workers.onOpen = (worker) => queueMicrotask(() => worker.loaded());
    const { signatures, report } = await start();
    expect([...signatures.keys()]).toEqual([DEFAULT_SIGNATURE]);
    expect(report.runMs).toBe(1);
    expect(workers.newest.sent).toMatchObject([
      { type: "boot", data: "recipe" },
      { type: "load", model: "m", version: 1n },
    ]);
  });

  test("fails as the load did, and ends the worker", async () => {
    workers.onOpen = (worker) =>
      queueMicrotask(() => worker.failed(new PlinthError("MODEL_FILE_INVALID", "it is torn", { details: { at: 3 } })));
    await expect(start()).rejects.toMatchObject({ reason: "MODEL_FILE_INVALID", details: { at: 3 } });
    expect(workers.newest.hasEnded).toBe(true);
  });

  test("fails with EXECUTOR_DIED where the worker ends before it has loaded", async () => {
    workers.onOpen = (worker) => queueMicrotask(() => worker.end("it was ended by SIGSEGV"));
    await expect(start()).rejects.toMatchObject({
      code: "UNAVAILABLE",
      reason: "EXECUTOR_DIED",
      message: expect.stringContaining("it was ended by SIGSEGV"),
      details: { model: "m", version: "1" },
    });
  });

  test("fails with EXECUTOR_DIED where the system refuses another worker", async () => {
    const open = () => {
      throw new Error("no more threads");
    };
    await expect(start({ open })).rejects.toMatchObject({
      reason: "EXECUTOR_DIED",
      message: expect.stringContaining("no more threads"),
    });
  });

  test("that is aborted ends the worker, whatever it is doing", async () => {
    const starting = start();
    aborter.abort();
    await expect(starting).rejects.toThrow(aborter.signal.reason);
    expect(workers.newest.hasEnded).toBe(true);
  });

  test("that is aborted does not wait for ever for a worker that cannot be ended, and says so", async () => {
    workers.onOpen = (worker) => {
      worker.isMortal = false;
    };
    const starting = start();
    aborter.abort();
    const failing = expect(starting).rejects.toThrow(aborter.signal.reason);
    await vi.advanceTimersByTimeAsync(5_000);
    await failing;
    expect(logger.messages("error")).toEqual([expect.stringContaining("does not end")]);
  });

  test("is not begun once it is aborted", async () => {
    aborter.abort();
    await expect(start()).rejects.toThrow(aborter.signal.reason);
    expect(workers.opened).toEqual([]);
  });
});

describe("a run", () => {
  test("is answered by its number, in any order", async () => {
    const instance = await started();
    const runs = [run(instance, 1), run(instance, 2)];
    expect(instance.runsUnderWay).toBe(2);
    const [first] = workers.newest.sent.splice(2, 1);
    workers.newest.answer();
    expect((await runs[1])?.get("y")?.data).toEqual(new Float32Array([2]));
    if (first !== undefined) workers.newest.send(first);
    workers.newest.answer();
    expect((await runs[0])?.get("y")?.data).toEqual(new Float32Array([1]));
    expect(instance.runsUnderWay).toBe(0);
    await dispose(instance);
  });

  test("that fails leaves the others alone", async () => {
    const instance = await started();
    const runs = [run(instance, 1), run(instance, 2)];
    workers.newest.failRun(new PlinthError("TENSOR_INVALID", "not this"));
    workers.newest.answer();
    expect(await Promise.allSettled(runs)).toMatchObject([
      { status: "rejected", reason: { reason: "TENSOR_INVALID" } },
      { status: "fulfilled" },
    ]);
    await dispose(instance);
  });

  test("under way when the worker dies is told so, and further ones at once", async () => {
    const instance = await started();
    const runs = [run(instance, 1), run(instance, 2)];
    workers.newest.end("it was ended by SIGABRT");
    runs.push(run(instance, 3));
    for (const lost of runs) await expect(lost).rejects.toMatchObject({ reason: "EXECUTOR_DIED" });
    expect((await instance.ended).message).toContain("SIGABRT");
    await instance[Symbol.asyncDispose]();
  });

  test("that nobody waits for is answered without harm", async () => {
    const instance = await started();
    void run(instance, 1);
    const { newest } = workers;
    newest.receive({ type: "run-failed", id: 17, error: packError("late") });
    newest.answer();
    await dispose(instance);
    newest.receive({ type: "run-failed", id: 1, error: packError("later still") });
  });

  test("tells how long runs take inside the worker, of late", async () => {
    const instance = await started();
    expect(instance.meanRunMs, "what the warm-up has shown").toBe(1);
    for (let round = 0; round < 200; round++) {
      void run(instance, 1);
      workers.newest.answer(9);
    }
    expect(instance.meanRunMs).toBeCloseTo(9, 1);
    await dispose(instance);
  });
});

describe("a disposal", () => {
  test("has the model freed and waits until the worker has ended", async () => {
    const instance = await started();
    const disposing = instance[Symbol.asyncDispose]();
    expect(workers.newest.sentTypes().at(-1)).toBe("dispose");
    workers.newest.end("it ended with code 0");
    await disposing;
  });

  test("ends a worker that does not end by itself", async () => {
    const instance = await started();
    const disposing = instance[Symbol.asyncDispose]();
    await vi.advanceTimersByTimeAsync(4_999);
    expect(workers.newest.hasEnded).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await disposing;
    expect(workers.newest.hasEnded).toBe(true);
  });

  test("does not wait for ever for one that cannot be ended, and says so", async () => {
    const instance = await started();
    workers.newest.isMortal = false;
    const disposing = instance[Symbol.asyncDispose]();
    await vi.advanceTimersByTimeAsync(10_000);
    await disposing;
    expect(logger.messages("error")).toEqual([expect.stringContaining("does not end")]);
  });

  test("rejects what is still under way", async () => {
    const instance = await started();
    const lost = expect(run(instance, 1)).rejects.toMatchObject({ reason: "EXECUTOR_DIED" });
    await dispose(instance);
    await lost;
  });
});

test("what is logged in the worker is logged here, errors as errors", async () => {
  const instance = await started();
  const error = packError(new PlinthError("MODEL_RUN_FAILED", "it failed"));
  workers.newest.receive({
    type: "log",
    level: "warn",
    message: "careful",
    fields: { plugin: "p" },
    errors: { error },
  });
  expect(logger.lines).toEqual([
    { level: "warn", message: "careful", fields: { plugin: "p", error: expect.any(PlinthError) } },
  ]);
  await dispose(instance);
});

async function start({ open = workers.open } = {}) {
  const files = { directory: "/nowhere", files: [], [Symbol.asyncDispose]: async () => {} };
  return ModelInstance.start({ open, bootData: "recipe", model: "m", version: 1n, files, logger }, aborter.signal);
}

async function started(): Promise<ModelInstance> {
  workers.onOpen = (worker) => queueMicrotask(() => worker.loaded());
  return (await start()).instance;
}

function run(instance: ModelInstance, x: number): Promise<NamedTensors> {
  const inputs: NamedTensors = new Map([["x", { dtype: "float32", shape: [1], data: new Float32Array([x]) }]]);
  const outputs = instance.run({ signature: DEFAULT_SIGNATURE, inputs, outputs: ["y"] });
  outputs.catch(() => {});
  return outputs;
}

async function dispose(instance: ModelInstance): Promise<void> {
  const disposing = instance[Symbol.asyncDispose]();
  workers.newest.end("it ended with code 0");
  await disposing;
}
