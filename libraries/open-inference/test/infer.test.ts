import type { InferCall, Tensor } from "@plinth/core";
import { describe, expect, it } from "vitest";
import { type InferenceRequest, infer, NO_PARAMETERS, type ParameterValue } from "../src/index.js";
import { echoHandle, signatureOf } from "./signatures.js";

const ARRIVAL = { arrivedAtMs: 1_000, deadlineMs: 31_000, signal: undefined, origin: { protocol: "rest" } };

const TWO = signatureOf(
  { a: { dtype: "float32", shape: [-1, 2] }, b: { dtype: "int32", shape: [-1] } },
  { y: { dtype: "float32", shape: [-1, 2] }, z: { dtype: "int32", shape: [-1] } },
);

const A: Tensor = { dtype: "float32", shape: [1, 2], data: new Float32Array([1, 2]) };
const B: Tensor = { dtype: "int32", shape: [3], data: new Int32Array([5, 9, 7]) };

function request(parts: Partial<InferenceRequest> = {}): InferenceRequest {
  const inputs = [
    { name: "a", tensor: A },
    { name: "b", tensor: B },
  ];
  return { id: undefined, parameters: NO_PARAMETERS, inputs, outputs: [], ...parts };
}

function withParameters(parameters: Record<string, ParameterValue>): InferenceRequest {
  return request({ parameters: new Map(Object.entries(parameters)) });
}

async function callOf(asked: InferenceRequest): Promise<InferCall> {
  const calls: InferCall[] = [];
  await infer(echoHandle({ serving_default: TWO }, calls), asked, ARRIVAL);
  return calls[0] as InferCall;
}

describe("a request", () => {
  it("may leave out inputs that have a default, and no others", async () => {
    const signature = {
      ...TWO,
      inputs: new Map([...TWO.inputs, ["c", { dtype: "int32", shape: [-1], default: B }]]),
    } as const;
    const calls: InferCall[] = [];
    await infer(echoHandle({ serving_default: signature }, calls), request(), ARRIVAL);
    expect([...(calls[0]?.inputs.keys() ?? [])]).toEqual(["a", "b"]);
    const lacking = request({ inputs: [{ name: "a", tensor: A }] });
    await expect(infer(echoHandle({ serving_default: signature }), lacking, ARRIVAL)).rejects.toMatchObject({
      reason: "INPUT_MISSING",
      message: expect.stringContaining("missing required input(s) ['b']"),
    });
  });

  it("is answered with model, version, its id and all outputs", async () => {
    const answer = await infer(echoHandle({ serving_default: TWO }), request({ id: "42" }), ARRIVAL);
    expect(answer).toEqual({
      model: "m",
      version: "3",
      id: "42",
      outputs: [
        { name: "y", tensor: A, isBinary: false },
        { name: "z", tensor: B, isBinary: false },
      ],
    });
  });

  it("may name its outputs, and how it wants each", async () => {
    const outputs = [{ name: "z", parameters: new Map([["binary_data", true]]) }];
    const answer = await infer(echoHandle({ serving_default: TWO }), request({ outputs }), ARRIVAL);
    expect(answer.outputs).toEqual([{ name: "z", tensor: A, isBinary: true }]);
  });

  it("may want all outputs raw, but for those of which it says otherwise", async () => {
    const outputs = [
      { name: "y", parameters: NO_PARAMETERS },
      { name: "z", parameters: new Map([["binary_data", false]]) },
    ];
    const asked = request({ outputs, parameters: new Map([["binary_data_output", true]]) });
    const answer = await infer(echoHandle({ serving_default: TWO }), asked, ARRIVAL);
    expect(answer.outputs.map(({ isBinary }) => isBinary)).toEqual([true, false]);
  });

  it("may want classes instead of a tensor", async () => {
    const outputs = [
      { name: "y", parameters: NO_PARAMETERS },
      { name: "z", parameters: new Map([["classification", 2]]) },
    ];
    const answer = await infer(echoHandle({ serving_default: TWO }), request({ outputs }), ARRIVAL);
    const classes = answer.outputs[1]?.tensor as Tensor<"string">;
    expect([classes.shape, classes.data.map((each) => Buffer.from(each).toString())]).toEqual([[2], ["9:1", "7:2"]]);
  });

  it("names a signature by a parameter; a model's only one needs no name", async () => {
    const calls: InferCall[] = [];
    const handle = echoHandle({ serving_default: TWO, other: TWO }, calls);
    await infer(handle, withParameters({ signature_name: "other" }), ARRIVAL);
    await infer(handle, request(), ARRIVAL);
    await infer(echoHandle({ alone: TWO }, calls), request(), ARRIVAL);
    expect(calls.map(({ signature }) => signature)).toEqual(["other", "serving_default", "alone"]);
  });

  it("goes by the deadline, or its own timeout in microseconds, whichever is sooner", async () => {
    expect((await callOf(request())).deadlineMs).toBe(31_000);
    expect((await callOf(withParameters({ timeout: 0 }))).deadlineMs).toBe(31_000);
    expect((await callOf(withParameters({ timeout: 2_500 }))).deadlineMs).toBe(1_002.5);
    expect((await callOf(withParameters({ timeout: 99_000_000 }))).deadlineMs).toBe(31_000);
  });

  it("of priority 1 goes before one of 2, and that before one of none", async () => {
    const priorities = await Promise.all(
      [{ priority: 1 }, { priority: 2n }, { priority: 2 ** 40 }].map(async (each) => {
        return (await callOf(withParameters(each))).priority ?? 0;
      }),
    );
    expect(priorities[0]).toBeGreaterThan(priorities[1] as number);
    expect(priorities[1]).toBeGreaterThan(priorities[2] as number);
    expect(priorities[2]).toBeGreaterThan(0);
    expect((await callOf(withParameters({ priority: 0 }))).priority).toBeUndefined();
  });

  it("tells its id to monitors, where the transport knew none", async () => {
    expect((await callOf(request({ id: "7" }))).origin).toEqual({ protocol: "rest", requestId: "7" });
    expect((await callOf(request({ id: "x".repeat(129) }))).origin?.requestId).toBeUndefined();
    expect((await callOf(request({ id: "7\nlevel=error" }))).origin?.requestId).toBeUndefined();
    const calls: InferCall[] = [];
    const origin = { protocol: "rest", requestId: "from a header" };
    await infer(echoHandle({ serving_default: TWO }, calls), request({ id: "7" }), { ...ARRIVAL, origin });
    expect(calls[0]?.origin).toBe(origin);
  });

  it.each<[string, InferenceRequest, string]>([
    ["a sequence", withParameters({ sequence_id: 5 }), "'sequence_id' asks for a sequence"],
    ["a sequence by name", withParameters({ sequence_id: "s" }), "'sequence_id' asks for a sequence"],
    ["the start of a sequence", withParameters({ sequence_start: true }), "'sequence_start' asks for a sequence"],
    ["a reserved name", withParameters({ triton_x: 1 }), "'triton_x' is reserved"],
    ["a timeout that is no number", withParameters({ timeout: "1" }), "'timeout' to be a whole number from 0 on"],
    ["a negative priority", withParameters({ priority: -1 }), "'priority' to be a whole number from 0 on, got -1"],
    ["a signature that is no name", withParameters({ signature_name: 1 }), "'signature_name' to be a string, got 1"],
    ["a form that is no boolean", withParameters({ binary_data_output: 1 }), "to be true or false, got 1"],
    [
      "an unknown output",
      request({ outputs: [{ name: "q", parameters: NO_PARAMETERS }] }),
      "unexpected inference output 'q'",
    ],
    [
      "an output twice",
      request({ outputs: ["y", "y"].map((name) => ({ name, parameters: NO_PARAMETERS })) }),
      "output 'y' already exists in request",
    ],
    [
      "shared memory",
      request({ outputs: [{ name: "y", parameters: new Map([["shared_memory_region", "r"]]) }] }),
      "Shared memory is not offered",
    ],
    [
      "a missing input",
      request({ inputs: [{ name: "a", tensor: A }] }),
      "expected 2 inputs but got 1 inputs for model 'm'. Got input(s) ['a'], but missing required input(s) ['b']. Please provide all required input(s).",
    ],
    [
      "an unknown input",
      request({ inputs: [{ name: "c", tensor: A }] }),
      "unexpected inference input 'c' for model 'm'. Its inputs are ['a','b']",
    ],
    [
      "an input twice",
      request({ inputs: ["a", "a"].map((name) => ({ name, tensor: A })) }),
      "input 'a' already exists in request",
    ],
    [
      "another datatype",
      request({ inputs: [{ name: "b", tensor: A }] }),
      "inference input 'b' data-type is 'FP32', but model 'm' expects 'INT32'",
    ],
    [
      "another shape",
      request({ inputs: [{ name: "a", tensor: { ...A, shape: [2, 1] } }] }),
      "unexpected shape for input 'a' for model 'm'. Expected [-1,2], got [2,1].",
    ],
  ])("with %s is refused", async (_what, asked, message) => {
    await expect(infer(echoHandle({ serving_default: TWO }), asked, ARRIVAL)).rejects.toThrow(message);
  });

  it("may have sequence parameters that mean none, and any of its own", async () => {
    const harmless = { sequence_id: 0n, sequence_start: false, sequence_end: false, mine: "x" };
    expect(await callOf(withParameters(harmless))).toMatchObject({ signature: "serving_default" });
  });

  it("may be of any shape where shapes are advice", async () => {
    const handle = echoHandle({ s: { ...TWO, shapes: "advisory" } });
    const inputs = [
      { name: "a", tensor: { ...A, shape: [2, 1] } },
      { name: "b", tensor: B },
    ];
    expect((await infer(handle, request({ inputs }), ARRIVAL)).outputs).toHaveLength(2);
  });
});
