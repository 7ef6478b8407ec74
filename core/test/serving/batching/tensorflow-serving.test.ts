import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  type NamedTensors,
  PREDICT_METHOD,
  type RunCall,
  type Signature,
  type Tensor,
  type TensorSpec,
} from "../../../src/index.js";
import { batchingSection } from "../../../src/kernel/config/batching-grammar.js";
import { column, floats, halfPlusTwo, numbers } from "../../fakes/fake-executed-model.js";
import { BatchingUnderTest } from "./batching-under-test.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const nextTurn = () => vi.advanceTimersByTimeAsync(0);

/** Of float32 inputs and outputs by these names, whose first axis is open. */
function signature(inputs: readonly string[], outputs: readonly string[], firstAxis = -1): Signature {
  const specs = (names: readonly string[]) =>
    new Map(names.map((name): [string, TensorSpec] => [name, { dtype: "float32", shape: [firstAxis] }]));
  return { inputs: specs(inputs), outputs: specs(outputs), method: PREDICT_METHOD, shapes: "binding" };
}

/** A matrix of half plus two, of any two lengths. */
function matrix(shape: readonly [number, number, number], first: number) {
  const values = Array.from({ length: shape[0] * shape[1] * shape[2] }, (_, index) => first + index);
  return {
    signature: "serving_default",
    inputs: new Map<string, Tensor>([["x", floats(shape, values)]]),
    outputs: ["y"],
  };
}

describe("batching as TensorFlow Serving's own tests have it", () => {
  it("N01: two requests are one batch", async () => {
    const subject = new BatchingUnderTest({ maxBatchSize: 4, maxWaitMs: 10_000 });
    const outcomes = Promise.all([subject.queue.run(column([100, 42])), subject.queue.run(column([71.5, 18.3]))]);
    const [first, second] = await outcomes;
    expect(numbers(first.outputs)).toEqual([52, 23]);
    expect(numbers(second.outputs)).toEqual([37.75, Math.fround(Math.fround(18.3) / 2 + 2)]);
    expect(subject.runRows).toEqual([4]);
  });

  it("N02: a request without company runs alone", async () => {
    const subject = new BatchingUnderTest({ maxWaitMs: 0 });
    const request = column([100, 42]);
    const outcome = subject.queue.run(request);
    await nextTurn();
    expect(numbers((await outcome).outputs)).toEqual([52, 23]);
    expect(subject.model.calls[0]?.inputs).toBe(request.inputs);
  });

  it("N03: shorter ones are padded with their own first element, and answered in the padded shape", async () => {
    const subject = new BatchingUnderTest({ maxBatchSize: 2, padVariableLength: true });
    const [first, second] = await Promise.all([
      subject.queue.run(matrix([1, 2, 2], 1)),
      subject.queue.run(matrix([1, 3, 3], 5)),
    ]);
    expect(first.outputs.get("y")).toEqual(floats([1, 3, 3], [2.5, 3, 2.5, 3.5, 4, 2.5, 2.5, 2.5, 2.5]));
    expect(second.outputs.get("y")).toEqual(floats([1, 3, 3], [4.5, 5, 5.5, 6, 6.5, 7, 7.5, 8, 8.5]));
    expect(subject.runRows).toEqual([2]);
  });

  it("N04, better: unequal shapes without padding do not fail, they are run apart", async () => {
    const subject = new BatchingUnderTest({ maxBatchSize: 2, padVariableLength: false });
    const outcomes = Promise.all([subject.queue.run(matrix([1, 2, 2], 1)), subject.queue.run(matrix([1, 3, 3], 5))]);
    await nextTurn();
    expect((await outcomes).map(({ outputs }) => outputs.get("y")?.shape)).toEqual([
      [1, 2, 2],
      [1, 3, 3],
    ]);
    expect(subject.runRows).toEqual([1, 1]);
  });

  it("N05: a request that is too large is refused where it may not be split", async () => {
    const subject = new BatchingUnderTest({ maxBatchSize: 3, splitLarge: false });
    await expect(subject.queue.run(column([5, 6, 7, 8]))).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      reason: "BATCH_TOO_LARGE",
      message: expect.stringContaining("Task size 4 is larger than maximum input batch size 3"),
    });
    expect(subject.runRows).toEqual([]);
  });

  it("N06: where it may, the parts' answers are joined in order", async () => {
    const subject = new BatchingUnderTest({ maxBatchSize: 2 });
    const outcome = subject.queue.run(column([5, 6, 7]));
    await nextTurn();
    expect(numbers((await outcome).outputs)).toEqual([4.5, 5, 5.5]);
    expect(subject.runRows).toEqual([2, 1]);
  });

  it("N07: a part that fails is the whole request's failure", async () => {
    const subject = new BatchingUnderTest({ maxBatchSize: 2 });
    subject.model.answer = (call) => {
      if (subject.model.calls.length === 2) throw new Error("the second part");
      return halfPlusTwo(call);
    };
    const outcome = expect(subject.queue.run(column([5, 6, 7]))).rejects.toThrow("the second part");
    await nextTurn();
    await outcome;
  });

  it("N08: a request to a signature that cannot be batched runs at once", async () => {
    const signatures = new Map([
      ["batched", signature(["x2"], ["y3"])],
      ["serving_default", signature(["x"], ["y"], 2)],
    ]);
    const subject = new BatchingUnderTest({ maxWaitMs: 10_000, signatures });
    const outcome = subject.queue.run(column([100, 42]));
    expect(subject.runRows).toEqual([2]);
    expect(numbers((await outcome).outputs)).toEqual([52, 23]);
    expect(subject.batches).toEqual([]);
  });

  it("N09, better: inputs of unequal first axes are the model's affair, as without batching", async () => {
    const subject = new BatchingUnderTest({
      signatures: new Map([["serving_default", signature(["x", "x2"], ["y"])]]),
    });
    const inputs = new Map([
      ["x", floats([1], [100])],
      ["x2", floats([2], [71.5, 18.3])],
    ]);
    await subject.queue.run({ ...column([]), inputs });
    expect(subject.model.calls[0]?.inputs).toBe(inputs);
    expect(subject.batches).toEqual([]);
  });

  it.each<[string, readonly number[], number]>([
    ["N10: an allowed size is not padded", [2, 4], 0],
    ["N11: another is padded to the next, of which the caller sees nothing", [1, 3, 4], 1],
  ])("%s", async (_what, allowedBatchSizes, paddingRows) => {
    const subject = new BatchingUnderTest({ allowedBatchSizes });
    const outcome = subject.queue.run(column([100, 42]));
    await nextTurn();
    expect((await outcome).outputs.get("y")).toEqual(floats([2], [52, 23]));
    expect(subject.runRows).toEqual([2 + paddingRows]);
    expect(subject.batches).toMatchObject([{ requests: 1, rows: 2, paddingRows }]);
  });

  it.each([[[4, 2]], [[2, 8]]])("N12: allowed sizes %j are refused with the configuration", (allowedBatchSizes) => {
    const checked = batchingSection.safeParse({ maxBatchSize: 4, allowedBatchSizes });
    expect(checked.error?.issues[0]?.message).toContain("ascending sizes of which the last is maxBatchSize (4)");
  });

  it("N13: a request whose time passes in the queue is told so", async () => {
    const { model, queue } = new BatchingUnderTest();
    model.slots = 0;
    const outcome = expect(queue.run(column([1], { deadlineMs: performance.now() + 1 }))).rejects.toMatchObject({
      code: "DEADLINE_EXCEEDED",
      message: expect.stringContaining("Run() timeout exceeded while waiting in batching queue"),
    });
    await vi.advanceTimersByTimeAsync(1);
    await outcome;
    model.slots = 1;
    await nextTurn();
    expect(model.calls).toHaveLength(0);
  });

  it("N14: signatures have batches of their own", async () => {
    const signatures = new Map([
      ["serving_default", signature(["x"], ["y"])],
      ["other", signature(["x"], ["y"])],
    ]);
    const subject = new BatchingUnderTest({ signatures });
    const waiting = ["other", "serving_default", "other"].map((name) =>
      subject.queue.run(column([1], { signature: name })),
    );
    await Promise.all([nextTurn(), nextTurn()]);
    await Promise.all(waiting);
    expect(subject.batches).toMatchObject([
      { signature: "other", requests: 2 },
      { signature: "serving_default", requests: 1 },
    ]);
  });

  it("N14: each gets the outputs that it asked for, in its order", async () => {
    const subject = new BatchingUnderTest({
      signatures: new Map([["serving_default", signature(["x"], ["y", "z", "unused"])]]),
    });
    subject.model.answer = ({ inputs, outputs }: RunCall): NamedTensors =>
      new Map(outputs.map((name) => [name, floats([inputs.get("x")?.shape[0] ?? 0], numbers(inputs, "x"))]));
    const asked = [["z"], ["y", "z"], ["z", "y"]];
    const waiting = asked.map((outputs, index) => subject.queue.run(column([index], { outputs })));
    await nextTurn();
    const outcomes = await Promise.all(waiting);
    expect(outcomes.map(({ outputs }) => [...outputs.keys()])).toEqual(asked);
    expect(subject.model.calls.map(({ outputs }) => outputs)).toEqual([["z", "y"]]);
  });
});
