import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DEFAULT_SIGNATURE, type LoadedModel, type RunCall, type Signature } from "../../../src/index.js";
import { warmUp } from "../../../src/serving/execution/warm-up.js";
import { ECHO_SIGNATURE } from "../../fakes/fake-backend.js";

let nowMs: number;
let calls: RunCall[];
/** How long each run takes, in turn; the last one for all further ones. */
let runsMs: number[];
let failure: Error | undefined;

beforeEach(() => {
  [nowMs, calls, runsMs, failure] = [0, [], [1], undefined];
  vi.spyOn(performance, "now").mockImplementation(() => nowMs);
});

afterEach(() => {
  vi.restoreAllMocks();
});

test("the first run does not count, of the next ones the fastest does", async () => {
  runsMs = [0.1, 0.7, 0.3, 0.5];
  expect(await warm()).toEqual({ runMs: expect.closeTo(0.3), refusals: [] });
  expect(calls).toHaveLength(21);
  expect(calls[0]).toMatchObject({ signature: DEFAULT_SIGNATURE, outputs: ["y"] });
  expect(calls[0]?.inputs.get("x")).toEqual({ dtype: "float32", shape: [1], data: new Float32Array(1) });
});

test.each([
  [15, 3],
  [1_000, 2],
])("runs of %i ms are made %i times", async (runMs, count) => {
  runsMs = [runMs];
  expect((await warm()).runMs).toBe(runMs);
  expect(calls).toHaveLength(count);
});

test("a signature that changes the model's state is not run", async () => {
  expect((await warm(new Map([["count", { ...ECHO_SIGNATURE, changesState: true }]]))).runMs).toBeUndefined();
  expect(calls).toEqual([]);
});

test("the slowest signature counts", async () => {
  runsMs = [...new Array(21).fill(0.1), 7];
  const report = await warm(
    new Map([
      ["quick", ECHO_SIGNATURE],
      ["slow", ECHO_SIGNATURE],
    ]),
  );
  expect(report.runMs).toBeCloseTo(7);
});

test("a model that does not take zeros is not broken, and nothing is known of its runs", async () => {
  failure = new Error("no zeros");
  expect(await warm()).toEqual({ runMs: undefined, refusals: [`${DEFAULT_SIGNATURE}: no zeros`] });
});

test("an input with a default gets that", async () => {
  const x = { dtype: "float32", shape: [2], data: Float32Array.of(1, 2) } as const;
  const inputs = new Map([["x", { dtype: "float32", shape: undefined, default: x } as const]]);
  await warm(new Map([[DEFAULT_SIGNATURE, { ...ECHO_SIGNATURE, inputs }]]));
  expect(calls[0]?.inputs.get("x")).toBe(x);
});

test.each<[string, Partial<Signature>]>([
  ["an unknown rank", { inputs: new Map([["x", { dtype: "float32", shape: undefined }]]) }],
  ["an input of gigabytes", { inputs: new Map([["x", { dtype: "float32", shape: [1 << 25] }]]) }],
  ["no outputs", { outputs: new Map() }],
])("%s is not run at all", async (_, part) => {
  const report = await warm(new Map([[DEFAULT_SIGNATURE, { ...ECHO_SIGNATURE, ...part }]]));
  expect(report.runMs).toBeUndefined();
  expect(calls).toEqual([]);
});

test("an abort ends it between two runs", async () => {
  const aborter = new AbortController();
  failure = undefined;
  runsMs = [1];
  const model = modelOf();
  const run = model.run.bind(model);
  model.run = (call) => {
    if (calls.length === 2) aborter.abort();
    return run(call);
  };
  await expect(warmUp(model, aborter.signal)).rejects.toThrow(aborter.signal.reason);
  expect(calls).toHaveLength(3);
});

test("a failure of the model's own records fails it", async () => {
  const model = { ...modelOf(), warmUp: async () => Promise.reject(new Error("record 3")) };
  await expect(warmUp(model, new AbortController().signal)).rejects.toThrow("record 3");
});

function warm(signatures?: ReadonlyMap<string, Signature>) {
  return warmUp(modelOf(signatures), new AbortController().signal);
}

function modelOf(
  signatures = new Map([[DEFAULT_SIGNATURE, ECHO_SIGNATURE]]) as ReadonlyMap<string, Signature>,
): LoadedModel {
  return {
    signatures,
    run: async (call) => {
      nowMs += runsMs[Math.min(calls.length, runsMs.length - 1)] ?? 0;
      calls.push(call);
      if (failure !== undefined) throw failure;
      return new Map();
    },
    [Symbol.asyncDispose]: async () => {},
  };
}
