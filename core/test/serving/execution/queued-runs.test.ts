import { getEventListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PlinthError } from "../../../src/index.js";
import { QueuedRuns } from "../../../src/serving/execution/queued-runs.js";
import type { RunRequest } from "../../../src/serving/execution/run-queue.js";
import { ask, column, FakeExecutedModel, halfPlusTwo, numbers } from "../../fakes/fake-executed-model.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A model with one slot that runs one request already and answers as the test lets it. */
function busy(maxQueuedRequests = 8) {
  const model = new FakeExecutedModel(1);
  model.holds = true;
  const queue = new QueuedRuns(model, maxQueuedRequests);
  const underWay = ask(queue, model, column([0]));
  return { model, queue, underWay };
}

/** The first value of each run's input, in the order of the runs. */
function order(model: FakeExecutedModel): (number | undefined)[] {
  return model.calls.map(({ inputs }) => numbers(inputs, "x")[0]);
}

async function finishAll(model: FakeExecutedModel): Promise<void> {
  model.holds = false;
  for (const held of [...model.held]) held.finish();
  await vi.advanceTimersByTimeAsync(0);
}

describe("a request to a model with a free slot", () => {
  it("is run before anything else happens", async () => {
    const model = new FakeExecutedModel(Number.POSITIVE_INFINITY);
    const queue = new QueuedRuns(model, 0);
    const outcomes = Promise.all([1, 2, 3].map((value) => ask(queue, model, column([value]))));
    expect(model.calls).toHaveLength(3);
    expect((await outcomes).map(({ outputs }) => numbers(outputs))).toEqual([[2.5], [3], [3.5]]);
  });

  it("tells when its run began and when it was done", async () => {
    const { model, queue } = busy();
    const waits = queue.run(column([1]));
    const arrivedAtMs = performance.now();
    await vi.advanceTimersByTimeAsync(30);
    model.held[0]?.finish();
    await vi.advanceTimersByTimeAsync(20);
    model.held[0]?.finish();
    expect(await waits).toMatchObject({ startedAtMs: arrivedAtMs + 30, finishedAtMs: arrivedAtMs + 50 });
  });

  it.each<[string, Partial<RunRequest>, string]>([
    ["whose deadline has passed", { deadlineMs: 0 }, "DEADLINE_EXCEEDED"],
    ["whose client has gone", { signal: AbortSignal.abort() }, "CANCELLED"],
  ])("is not run %s", async (_what, rest, reason) => {
    const model = new FakeExecutedModel(1);
    const queue = new QueuedRuns(model, 8);
    await expect(ask(queue, model, column([1], rest))).rejects.toMatchObject({ reason });
    expect(model.calls).toHaveLength(0);
  });
});

describe("requests that wait", () => {
  it("are run as slots become free, in the order of their arrival", async () => {
    const { model, queue, underWay } = busy();
    const waiting = [1, 2, 3].map((value) => queue.run(column([value])));
    expect(model.calls).toHaveLength(1);
    await finishAll(model);
    await Promise.all([underWay, ...waiting]);
    expect(order(model)).toEqual([0, 1, 2, 3]);
  });

  it("are run by priority, and in the order of their arrival where it is equal", async () => {
    const { model, queue } = busy();
    const priorities = [0, 5, undefined, 5, -1, Number.NEGATIVE_INFINITY, 9];
    const waiting = priorities.map((priority, index) => queue.run(column([index + 1], { priority })));
    await finishAll(model);
    await Promise.all(waiting);
    expect(order(model)).toEqual([0, 7, 2, 4, 1, 3, 5, 6]);
  });

  it("are run when the model gets more slots, and held back when it loses all", async () => {
    const { model, queue } = busy();
    const waiting = [1, 2, 3].map((value) => queue.run(column([value])));
    model.slots = 3;
    expect(order(model)).toEqual([0, 1, 2]);
    model.slots = 0;
    for (const held of [...model.held]) held.finish();
    await vi.advanceTimersByTimeAsync(0);
    expect(model.calls).toHaveLength(3);
    model.slots = 1;
    await finishAll(model);
    await Promise.all(waiting);
    expect(order(model)).toEqual([0, 1, 2, 3]);
  });

  it("wait while a model that went down is started again, and are refused when that fails", async () => {
    const { model, queue } = busy();
    const error = new PlinthError("EXECUTOR_DIED", "crashed");
    model.fail({ error, isLasting: false });
    const waits = queue.run(column([1]));
    expect(queue.refusal()).toBeUndefined();
    model.fail({ error, isLasting: true });
    await expect(waits).rejects.toBe(error);
    await expect(queue.run(column([2]))).rejects.toBe(error);
    expect(queue.refusal()).toBe(error);
    model.slots = 2;
    void queue.run(column([3]));
    expect(order(model)).toEqual([0, 3]);
  });

  it("go on after a run that failed", async () => {
    const { model, queue, underWay } = busy();
    const waits = queue.run(column([1]));
    model.held[0]?.fail(new Error("boom"));
    await expect(underWay).rejects.toThrow("boom");
    model.held[0]?.fail(new Error("boom again"));
    await expect(waits).rejects.toThrow("boom again");
    model.holds = false;
    expect(numbers((await queue.run(column([2]))).outputs)).toEqual([3]);
  });

  it("are refused when the queue is disposed", async () => {
    const { model, queue } = busy();
    const waits = queue.run(column([1], { deadlineMs: 1e9 }));
    const disposed = queue[Symbol.asyncDispose]();
    await expect(waits).rejects.toMatchObject({ reason: "VERSION_NOT_AVAILABLE" });
    await finishAll(model);
    await disposed;
    expect(model.calls).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("a full queue", () => {
  it("refuses one more at once, also ahead of reading it, and says when to try again", async () => {
    const { model, queue } = busy(2);
    await vi.advanceTimersByTimeAsync(40);
    model.held[0]?.finish();
    await vi.advanceTimersByTimeAsync(0);
    void queue.run(column([1]));
    const waiting = [2, 3].map((value) => queue.run(column([value])));
    const refusal = { reason: "QUEUE_FULL", code: "RESOURCE_EXHAUSTED", details: { retryAfterMs: 80 } };
    expect(queue.refusal()).toMatchObject(refusal);
    await expect(queue.run(column([4]))).rejects.toMatchObject(refusal);
    await finishAll(model);
    await Promise.all(waiting);
    expect(queue.refusal()).toBeUndefined();
    expect(order(model)).toEqual([0, 1, 2, 3]);
  });

  it("of no places takes a request only where it can be run at once", async () => {
    const { model, queue, underWay } = busy(0);
    await expect(queue.run(column([1]))).rejects.toMatchObject({ reason: "QUEUE_FULL" });
    model.held[0]?.finish();
    await underWay;
    expect(queue.refusal()).toBeUndefined();
  });

  it("takes again as many as have gone", async () => {
    const { queue } = busy(1);
    const gone = new AbortController();
    const waits = queue.run(column([1], { signal: gone.signal }));
    expect(queue.refusal()).toBeDefined();
    gone.abort();
    await expect(waits).rejects.toMatchObject({ reason: "CANCELLED" });
    expect(queue.refusal()).toBeUndefined();
  });
});

describe("a deadline", () => {
  it("ends the wait when it passes, with one timer for all", async () => {
    const { model, queue } = busy();
    const now = performance.now();
    const refusals: number[] = [];
    const waiting = [30, 10, 20].map((afterMs) =>
      queue.run(column([afterMs], { deadlineMs: now + afterMs })).catch((error: { reason: string }) => {
        expect(error.reason).toBe("DEADLINE_EXCEEDED");
        refusals.push(afterMs);
      }),
    );
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(9);
    expect(refusals).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(refusals).toEqual([10]);
    await vi.advanceTimersByTimeAsync(20);
    expect(refusals).toEqual([10, 20, 30]);
    await Promise.all(waiting);
    await finishAll(model);
    expect(order(model)).toEqual([0]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("that passed while the thread was busy is found before the run", async () => {
    const { model, queue } = busy();
    const late = queue.run(column([1], { deadlineMs: performance.now() + 10 }));
    const inTime = queue.run(column([2]));
    vi.setSystemTime(Date.now());
    const elapsed = vi.spyOn(performance, "now").mockReturnValue(performance.now() + 50);
    model.holds = false;
    model.held[0]?.finish();
    await expect(late).rejects.toMatchObject({ reason: "DEADLINE_EXCEEDED" });
    await inTime;
    elapsed.mockRestore();
    expect(order(model)).toEqual([0, 2]);
  });

  it("ends the wait for a run that has begun, which keeps its slot until it ends", async () => {
    const model = new FakeExecutedModel(1);
    model.holds = true;
    const queue = new QueuedRuns(model, 8);
    const cut = queue.run(column([1], { deadlineMs: performance.now() + 10 }));
    const next = queue.run(column([2], { deadlineMs: performance.now() + 1_000 }));
    const refused = expect(cut).rejects.toMatchObject({
      reason: "DEADLINE_EXCEEDED",
      message: expect.stringContaining("while the model ran"),
    });
    await vi.advanceTimersByTimeAsync(10);
    await refused;
    expect(order(model)).toEqual([1]);
    await finishAll(model);
    expect(numbers((await next).outputs)).toEqual([3]);
    expect(order(model)).toEqual([1, 2]);
    expect(queue.refusal()).toBeUndefined();
  });

  it("ends it for those as well that had waited for their run", async () => {
    const { model, queue } = busy();
    const cut = queue.run(column([1], { deadlineMs: performance.now() + 10 }));
    const refused = expect(cut).rejects.toThrow("while the model ran");
    model.held[0]?.finish();
    await vi.advanceTimersByTimeAsync(10);
    await refused;
    expect(order(model)).toEqual([0, 1]);
  });

  it("drops an answer that comes past it, where nothing could end the wait", async () => {
    const model = new FakeExecutedModel(Number.POSITIVE_INFINITY);
    const queue = new QueuedRuns(model, 8);
    const began = performance.now();
    model.answer = (call) => {
      vi.spyOn(performance, "now").mockReturnValue(began + 20);
      return halfPlusTwo(call);
    };
    await expect(queue.run(column([1], { deadlineMs: began + 10 }))).rejects.toThrow("while the model ran");
    await expect(queue.run(column([1], { deadlineMs: began + 30 }))).resolves.toBeDefined();
    vi.restoreAllMocks();
  });

  it("leaves the model to a run that nobody waits for any more, before it is freed", async () => {
    const model = new FakeExecutedModel(1);
    model.holds = true;
    const queue = new QueuedRuns(model, 8);
    const cut = queue.run(column([1], { deadlineMs: performance.now() + 10 })).catch(() => {});
    await vi.advanceTimersByTimeAsync(10);
    await cut;
    let isDisposed = false;
    const disposed = queue[Symbol.asyncDispose]().then(() => {
      isDisposed = true;
    });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(isDisposed).toBe(false);
    await finishAll(model);
    await disposed;
    expect(vi.getTimerCount()).toBe(0);
  });

  it("far past what a timer holds ends nothing early", async () => {
    const { queue } = busy();
    let settled = false;
    void queue.run(column([1], { deadlineMs: performance.now() + 1e12 })).finally(() => {
      settled = true;
    });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(settled).toBe(false);
  });
});

describe("a signal", () => {
  it("takes all of its requests out, each of them once", async () => {
    const { model, queue } = busy();
    const gone = new AbortController();
    const cancelled = [1, 2].map((value) => queue.run(column([value], { signal: gone.signal })));
    const other = queue.run(column([3]));
    gone.abort();
    for (const each of cancelled) await expect(each).rejects.toMatchObject({ reason: "CANCELLED" });
    await finishAll(model);
    await other;
    expect(order(model)).toEqual([0, 3]);
  });

  it("that many share has one listener, and none when they have gone", async () => {
    const { model, queue } = busy(1_000);
    const { signal } = new AbortController();
    const waiting = Array.from({ length: 1_000 }, (_, index) => queue.run(column([index], { signal })));
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    await finishAll(model);
    await Promise.all(waiting);
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });
});
