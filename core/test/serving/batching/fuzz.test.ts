import { getEventListeners } from "node:events";
import { isDeepStrictEqual } from "node:util";
import { expect, it } from "vitest";
import type { NamedTensors, PlinthError, RunCall, Tensor } from "../../../src/index.js";
import type { RunRequest } from "../../../src/serving/execution/run-queue.js";
import { floats } from "../../fakes/fake-executed-model.js";
import { type BatchingSetup, BatchingUnderTest } from "./batching-under-test.js";

const REQUESTS = 300;

/** A row's own number, so that no two rows of all requests are equal. */
type RowNumbers = Generator<number, never>;

function* counting(): RowNumbers {
  for (let next = 1; ; next++) yield next;
}

/** Whole numbers from 0 up to, without, `end`; the same ones for the same seed. */
function pseudoRandom(seed: number): (end: number) => number {
  let state = seed;
  return (end) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * end);
  };
}

/** Tells each row by its sum, its length and its first element, so that a row in the wrong place or of wrong padding shows. */
function rowSums({ inputs, outputs }: RunCall): NamedTensors {
  const x = inputs.get("x") as Tensor<"float32">;
  const [rows = 1, length = 1] = x.shape;
  const sums = Float32Array.from({ length: rows }, (_, row) =>
    x.data.subarray(row * length, (row + 1) * length).reduce((sum, value) => sum + value, 0),
  );
  return new Map(outputs.map((name) => [name, floats([rows, 1], sums)]));
}

function randomRequest(random: (end: number) => number, rowNumbers: RowNumbers): RunRequest {
  const rows = random(12);
  const length = 1 + random(3);
  const values = Array.from({ length: rows * length }, () => rowNumbers.next().value);
  return {
    signature: "serving_default",
    inputs: new Map([["x", floats([rows, length], values)]]),
    outputs: random(2) === 0 ? ["y"] : ["y", "z"],
    priority: random(3),
  };
}

it.each<[string, BatchingSetup]>([
  ["on one slot", {}],
  ["on several slots", { slots: 3, maxBatchSize: 8 }],
  ["on this thread", { slots: Number.POSITIVE_INFINITY, maxBatchSize: 32 }],
  ["padded to sizes", { allowedBatchSizes: [2, 3, 5], maxBatchSize: 5, slots: 2 }],
  ["with a wait", { maxWaitMs: 1, maxBatchSize: 16 }],
  ["with a chosen wait", { maxWaitMs: 3, targetLatencyMs: 5, maxBatchSize: 16, slots: 2 }],
])("random requests in random batches are answered as on their own, %s", async (_how, setup) => {
  const subject = new BatchingUnderTest(setup);
  subject.model.answer = rowSums;
  const random = pseudoRandom(7);
  const rowNumbers = counting();
  const checks: Promise<void>[] = [];
  for (let index = 0; index < REQUESTS; index++) {
    const request = randomRequest(random, rowNumbers);
    checks.push(subject.queue.run(request).then(({ outputs }) => expect(outputs).toEqual(rowSums(request))));
    if (random(4) === 0) await new Promise(setImmediate);
  }
  await Promise.all(checks);
  const largest = Math.max(...subject.batches.map(({ rows, paddingRows }) => rows + paddingRows));
  expect(largest).toBe(setup.maxBatchSize ?? 4);
  expect(subject.batches.some(({ requests }) => requests > 1)).toBe(true);
});

it("random requests that are cancelled, late or at fault are settled once, and leave nothing behind", async () => {
  const subject = new BatchingUnderTest({ slots: 2, maxBatchSize: 8, maxWaitMs: 2, maxQueuedRequests: 40 });
  const random = pseudoRandom(11);
  const rowNumbers = counting();
  const connections = Array.from({ length: 20 }, () => new AbortController());
  subject.model.answer = (call) => {
    const isGuilty = (call.inputs.get("x") as Tensor<"float32">).data.some((value) => value % 97 === 0);
    if (isGuilty) throw new Error("at fault");
    return rowSums(call);
  };
  const settling: Promise<string>[] = [];
  for (let index = 0; index < 2 * REQUESTS; index++) {
    const { signal } = connections[random(connections.length)] ?? {};
    const deadlineMs = random(3) === 0 ? performance.now() + random(4) : undefined;
    const request = { ...randomRequest(random, rowNumbers), signal, deadlineMs };
    settling.push(
      subject.queue.run(request).then(
        ({ outputs }) => (isDeepStrictEqual(outputs, rowSums(request)) ? "answered" : "answered wrongly"),
        (error: Partial<PlinthError>) => error.reason ?? String(error.message),
      ),
    );
    if (random(40) === 0) connections[random(connections.length)]?.abort();
    if (random(8) === 0) await new Promise(setImmediate);
  }
  const ends = await Promise.all(settling);
  const expected = ["CANCELLED", "DEADLINE_EXCEEDED", "MODEL_RUN_FAILED", "QUEUE_FULL", "answered", "at fault"];
  expect(expected).toEqual(expect.arrayContaining([...new Set(ends)]));
  expect(ends.filter((end) => end === "answered").length).toBeGreaterThan(REQUESTS / 10);
  for (const { signal } of connections) expect(getEventListeners(signal, "abort")).toEqual([]);
  expect(subject.queue.refusal()).toBeUndefined();
});
