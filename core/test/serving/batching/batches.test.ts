import { getEventListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type NamedTensors, PlinthError, type RunCall } from "../../../src/index.js";
import { ask, column, floats, halfPlusTwo, numbers } from "../../fakes/fake-executed-model.js";
import { BatchingUnderTest } from "./batching-under-test.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const nextTurn = () => vi.advanceTimersByTimeAsync(0);

describe("a batch is run", () => {
  it("when the turn ends in which its requests arrived", async () => {
    const { queue, runRows } = new BatchingUnderTest();
    const waiting = [1, 2, 3].map((value) => queue.run(column([value])));
    expect(runRows).toEqual([]);
    const outcomes = Promise.all(waiting);
    await nextTurn();
    expect((await outcomes).map(({ outputs }) => numbers(outputs))).toEqual([[2.5], [3], [3.5]]);
  });

  it("at once when it is full", () => {
    const subject = new BatchingUnderTest({ maxWaitMs: 1_000 });
    void subject.queue.run(column([1, 2, 3]));
    expect(subject.runRows).toEqual([]);
    void subject.queue.run(column([4]));
    expect(subject.runRows).toEqual([4]);
  });

  it("when its first request has waited long enough", async () => {
    const subject = new BatchingUnderTest({ maxWaitMs: 10 });
    void subject.queue.run(column([1]));
    await vi.advanceTimersByTimeAsync(6);
    void subject.queue.run(column([2]));
    await vi.advanceTimersByTimeAsync(3);
    expect(subject.runRows).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(subject.runRows).toEqual([2]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("of what has gathered while the model was busy", async () => {
    const subject = new BatchingUnderTest();
    subject.model.holds = true;
    void subject.queue.run(column([0]));
    await nextTurn();
    for (const value of [1, 2, 3]) {
      void subject.queue.run(column([value]));
      await nextTurn();
    }
    expect(subject.runRows).toEqual([1]);
    subject.model.held[0]?.finish();
    await nextTurn();
    expect(subject.runRows).toEqual([1, 3]);
  });

  it("beside others where the model has several slots", async () => {
    const subject = new BatchingUnderTest({ slots: 2 });
    subject.model.holds = true;
    for (let value = 0; value < 12; value++) void subject.queue.run(column([value]));
    await nextTurn();
    expect(subject.runRows).toEqual([4, 4]);
    subject.model.slots = 3;
    expect(subject.runRows).toEqual([4, 4, 4]);
  });

  it("a turn, where the model runs on this thread", async () => {
    vi.useRealTimers();
    const subject = new BatchingUnderTest({ slots: Number.POSITIVE_INFINITY });
    let turn = 0;
    const waiting = Array.from({ length: 10 }, (_, value) => subject.queue.run(column([value])));
    const turns: number[] = [];
    subject.model.answer = (call) => {
      turns.push(turn);
      return halfPlusTwo(call);
    };
    for (; turn < 4; turn++) await new Promise(setImmediate);
    await Promise.all(waiting);
    expect(subject.runRows).toEqual([4, 4, 2]);
    expect(new Set(turns).size).toBe(turns.length);
  });

  it("without cutting a request that does not fit behind the others, nor letting another overtake it", async () => {
    const subject = new BatchingUnderTest();
    for (const rows of [3, 2, 1]) void subject.queue.run(column(Array(rows).fill(rows)));
    await nextTurn();
    await nextTurn();
    expect(subject.runRows).toEqual([3, 3]);
  });

  it("with those of the highest priority first", async () => {
    const subject = new BatchingUnderTest({ maxBatchSize: 2 });
    subject.model.holds = true;
    void subject.queue.run(column([0, 0]));
    for (const [value, priority] of [
      [1, 0],
      [2, 1],
      [3, 2],
      [4, 1],
    ] as const) {
      void subject.queue.run(column([value], { priority }));
    }
    subject.model.holds = false;
    subject.model.held[0]?.finish();
    await nextTurn();
    expect(subject.model.calls.slice(1).map(({ inputs }) => numbers(inputs, "x"))).toEqual([
      [3, 2],
      [4, 1],
    ]);
  });

  it("never with a request whose deadline has passed or whose client has gone", async () => {
    const subject = new BatchingUnderTest({ maxWaitMs: 50 });
    const gone = new AbortController();
    const late = subject.queue.run(column([1], { deadlineMs: performance.now() + 20 }));
    const cancelled = subject.queue.run(column([2], { signal: gone.signal }));
    const answered = subject.queue.run(column([3], { signal: new AbortController().signal }));
    const refusals = Promise.allSettled([late, cancelled]);
    gone.abort();
    await vi.advanceTimersByTimeAsync(50);
    expect(await refusals).toMatchObject([
      { reason: { reason: "DEADLINE_EXCEEDED" } },
      { reason: { reason: "CANCELLED" } },
    ]);
    expect(numbers((await answered).outputs)).toEqual([3.5]);
    expect(subject.runRows).toEqual([1]);
  });

  it("on, though one of its requests has its deadline meanwhile, which ends at its own time", async () => {
    const subject = new BatchingUnderTest({ maxWaitMs: 5 });
    subject.model.holds = true;
    const late = subject.queue.run(column([1], { deadlineMs: performance.now() + 20 }));
    const inTime = subject.queue.run(column([2], { deadlineMs: performance.now() + 40 }));
    const refused = expect(late).rejects.toThrow("while the model ran");
    await vi.advanceTimersByTimeAsync(20);
    await refused;
    subject.model.held[0]?.finish();
    expect(numbers((await inTime).outputs)).toEqual([3]);
    expect(subject.runRows).toEqual([2]);
    expect(subject.queue.refusal()).toBeUndefined();
  });

  it("with as many as the queue holds, past which requests are refused", async () => {
    const { queue } = new BatchingUnderTest({ maxQueuedRequests: 2, maxWaitMs: 10 });
    const waiting = [1, 2].map((value) => queue.run(column([value])));
    expect(queue.refusal()).toMatchObject({ reason: "QUEUE_FULL" });
    await expect(queue.run(column([3]))).rejects.toMatchObject({ reason: "QUEUE_FULL" });
    await vi.advanceTimersByTimeAsync(10);
    await Promise.all(waiting);
    expect(queue.refusal()).toBeUndefined();
  });

  it("of one request each where none may wait", async () => {
    const subject = new BatchingUnderTest({ maxQueuedRequests: 0 });
    const outcome = ask(subject.queue, subject.model, column([1]));
    expect(subject.runRows).toEqual([1]);
    expect(numbers((await outcome).outputs)).toEqual([2.5]);
  });
});

describe("requests that do not fit together", () => {
  it("go into batches of their own, in the order of their first requests", async () => {
    const subject = new BatchingUnderTest();
    const inputs = (shape: readonly number[]) => new Map([["x", floats(shape, Array(shape[0] ?? 1).fill(1))]]);
    const waiting = [[1, 1], [1], [1, 1], [], [1]].map((shape) =>
      subject.queue.run({ ...column([]), inputs: inputs(shape) }),
    );
    await nextTurn();
    await nextTurn();
    const outcomes = await Promise.all(waiting);
    expect(outcomes.map(({ outputs }) => outputs.get("y")?.shape)).toEqual([[1, 1], [1], [1, 1], [], [1]]);
    expect(subject.model.calls.map(({ inputs }) => inputs.get("x")?.shape)).toEqual([[], [2, 1], [2]]);
  });
});

describe("a batch that fails", () => {
  /** Refuses every batch with a negative number in it. */
  function noNegatives(call: RunCall): NamedTensors {
    if (numbers(call.inputs, "x").some((value) => value < 0))
      throw new PlinthError("MODEL_RUN_FAILED", "a negative number");
    return halfPlusTwo(call);
  }

  it("is run one by one, so that only the one at fault fails", async () => {
    const subject = new BatchingUnderTest();
    subject.model.answer = noNegatives;
    const waiting = [1, -2, 3].map((value) => subject.queue.run(column([value])));
    const settled = Promise.allSettled(waiting);
    await nextTurn();
    expect(await settled).toMatchObject([
      { status: "fulfilled" },
      { status: "rejected", reason: { message: "a negative number" } },
      { status: "fulfilled" },
    ]);
    expect(subject.runRows).toEqual([3, 1, 1, 1]);
  });

  it("because padding would make too much of it is run one by one", async () => {
    const subject = new BatchingUnderTest({ padVariableLength: true });
    const shapes = [
      [1, 8_192, 1],
      [1, 1, 8_192],
    ];
    const requests = shapes.map((shape) => ({
      ...column([]),
      inputs: new Map([["x", floats(shape, Array(8_192).fill(1))]]),
    }));
    const waiting = requests.map((request) => subject.queue.run(request));
    await nextTurn();
    expect((await Promise.all(waiting)).map(({ outputs }) => outputs.get("y")?.shape)).toEqual(shapes);
  });

  it("fails as a whole where the model is gone", async () => {
    const subject = new BatchingUnderTest();
    subject.model.answer = () => {
      throw new PlinthError({ code: "UNAVAILABLE", reason: "EXECUTOR_GONE" }, "crashed");
    };
    const settled = Promise.allSettled([1, 2].map((value) => subject.queue.run(column([value]))));
    await nextTurn();
    expect(await settled).toMatchObject([{ reason: { message: "crashed" } }, { reason: { message: "crashed" } }]);
    expect(subject.runRows).toEqual([2]);
  });

  it("is not tried further when the model goes away meanwhile, nor for those that do not wait any more", async () => {
    const subject = new BatchingUnderTest();
    const gone = new AbortController();
    subject.model.answer = (call) => {
      if (subject.model.calls.length === 1) gone.abort();
      if (subject.model.calls.length < 3) return noNegatives(call);
      throw new PlinthError("VERSION_NOT_AVAILABLE", "crashed");
    };
    const signals = [undefined, gone.signal, undefined, undefined];
    const settled = Promise.allSettled(
      [1, 2, -3, 4].map((value, index) => subject.queue.run(column([value], { signal: signals[index] }))),
    );
    await nextTurn();
    expect(await settled).toMatchObject([
      { status: "fulfilled" },
      { reason: { reason: "CANCELLED" } },
      { reason: { message: "crashed" } },
      { reason: { message: "crashed" } },
    ]);
    expect(subject.runRows).toEqual([4, 1, 1]);
  });

  it("because its outputs have other rows is run one by one, without padding, which is told once", async () => {
    const subject = new BatchingUnderTest({ allowedBatchSizes: [2, 4] });
    subject.model.answer = () => new Map([["y", floats([], [7])]]);
    for (const values of [[1, 2], [3]]) {
      const waiting = values.map((value) => subject.queue.run(column([value])));
      await vi.advanceTimersByTimeAsync(1);
      for (const { outputs } of await Promise.all(waiting)) expect(outputs.get("y")).toEqual(floats([], [7]));
    }
    expect(subject.unbatchable).toEqual(["serving_default"]);
    expect(subject.runRows).toEqual([2, 1, 1, 2, 1]);
  });
});

describe("a request that is larger than any batch", () => {
  const large = column([0, 1, 2, 3, 4, 5, 6, 7, 8]);

  it("shares its last batch with others, and has one place in the queue", async () => {
    const subject = new BatchingUnderTest({ maxQueuedRequests: 2 });
    const outcomes = Promise.all([subject.queue.run(large), subject.queue.run(column([9]))]);
    await nextTurn();
    await nextTurn();
    expect((await outcomes).map(({ outputs }) => numbers(outputs))).toEqual([
      [2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6],
      [6.5],
    ]);
    expect(subject.runRows).toEqual([4, 4, 2]);
  });

  it("is answered in its own order, whichever part is done first", async () => {
    const subject = new BatchingUnderTest({ slots: 3 });
    subject.model.holds = true;
    const outcome = subject.queue.run(large);
    await nextTurn();
    for (const held of [...subject.model.held].reverse()) held.finish();
    await nextTurn();
    expect(numbers((await outcome).outputs)).toEqual([2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6]);
  });

  it("is not padded to the length of others, which its parts would not have in common", async () => {
    const subject = new BatchingUnderTest({ padVariableLength: true, maxBatchSize: 2 });
    const tensor = (shape: readonly [number, number]) => floats(shape, Array(shape[0] * shape[1]).fill(2));
    const requests = [tensor([3, 1]), tensor([1, 3])].map((x) => ({ ...column([]), inputs: new Map([["x", x]]) }));
    const outcomes = Promise.all(requests.map((request) => subject.queue.run(request)));
    await nextTurn();
    expect((await outcomes).map(({ outputs }) => outputs.get("y")?.shape)).toEqual([
      [3, 1],
      [1, 3],
    ]);
  });

  it("has no further part run when one has failed or its client has gone", async () => {
    for (const end of ["fail", "cancel"]) {
      const subject = new BatchingUnderTest();
      subject.model.holds = true;
      const gone = new AbortController();
      const outcome = subject.queue.run({ ...large, signal: gone.signal }).catch((error: PlinthError) => error.reason);
      if (end === "fail") subject.model.held[0]?.fail(new Error("boom"));
      else gone.abort();
      expect(await outcome).toBe(end === "fail" ? "MODEL_RUN_FAILED" : "CANCELLED");
      subject.model.held[0]?.finish();
      await nextTurn();
      expect(subject.runRows).toEqual([4]);
      expect(getEventListeners(gone.signal, "abort")).toHaveLength(0);
      expect(subject.queue.refusal()).toBeUndefined();
    }
  });

  it("is refused by the name of the output that cannot be joined", async () => {
    const subject = new BatchingUnderTest();
    subject.model.answer = () => new Map([["y", floats([1], [7])]]);
    const outcome = expect(subject.queue.run(large)).rejects.toMatchObject({
      reason: "BATCH_OUTPUT_INVALID",
      message: expect.stringContaining('Output "y"'),
    });
    await nextTurn();
    await outcome;
  });
});
