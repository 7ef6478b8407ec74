import { Metadata, status } from "@grpc/grpc-js";
import { TensorProto } from "@plinth/protobuf-messages/tensorflow/tensor";
import {
  PredictionServiceDefinition,
  type PredictResponse,
  SignatureDefMap,
} from "@plinth/protobuf-messages/tensorflow_serving/prediction_service";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FunctionsServer } from "../functions-server.js";
import { GrpcUnderTest } from "../grpc-under-test.js";
import { counter, halfPlusTwo, VERSION } from "../half-plus-two.js";
import { dims } from "./tensors.js";

let grpc: GrpcUnderTest<FunctionsServer>;

beforeAll(async () => {
  grpc = await GrpcUnderTest.start({ server: new FunctionsServer([halfPlusTwo(), counter()]) });
});

afterAll(() => grpc[Symbol.asyncDispose]());

function predict(request: object, metadata?: Metadata): Promise<PredictResponse> {
  return grpc.call(PredictionServiceDefinition, PredictionServiceDefinition.methods.predict, request, metadata);
}

function float(value: number, ...shape: readonly number[]): TensorProto {
  return TensorProto.fromPartial({ dtype: 1, tensorShape: dims(...shape), floatVal: [value] });
}

const X = new Map([["x", float(2, 1)]]);
const SPEC = { name: "half_plus_two" };

describe("Predict", () => {
  it("may be sent without inputs that have a default", async () => {
    const [served, fallback] = [halfPlusTwo(), { dtype: "float32", shape: [1], data: Float32Array.of(7) } as const];
    const { signature, run } = served.functions.get("serving_default") ?? expect.fail("there is no such signature");
    const inputs = new Map([
      ...signature.inputs,
      ["scale", { dtype: "float32", shape: [1], default: fallback } as const],
    ]);
    const functions = new Map([["serving_default", { signature: { ...signature, inputs }, run }]]);
    await using scaled = await GrpcUnderTest.start({ server: new FunctionsServer([{ ...served, functions }]) });
    const { methods } = PredictionServiceDefinition;
    const { outputs } = await scaled.call(PredictionServiceDefinition, methods.predict, { modelSpec: SPEC, inputs: X });
    expect(outputs.get("y")?.floatVal).toEqual([3]);
    await expect(
      scaled.call(PredictionServiceDefinition, methods.predict, {
        modelSpec: SPEC,
        inputs: new Map([["scale", float(1, 1)]]),
      }),
    ).rejects.toMatchObject({ details: expect.stringContaining("Missing but required: {x}") });
    const request = { modelSpec: SPEC, metadataField: ["signature_def"] };
    const { metadata } = await scaled.call(PredictionServiceDefinition, methods.getModelMetadata, request);
    const { signatureDef } = SignatureDefMap.decode(metadata.get("signature_def")?.value ?? new Uint8Array());
    expect(signatureDef.get("serving_default")?.defaults).toEqual(new Map([["scale", float(7, 1)]]));
  });

  it("H01, P07, P44 answers with float_val and says which model, version and signature did", async () => {
    expect(await predict({ modelSpec: SPEC, inputs: X, outputFilter: ["y"] })).toEqual({
      outputs: new Map([["y", float(3, 1)]]),
      modelSpec: {
        name: "half_plus_two",
        versionChoice: { $case: "version", value: VERSION },
        signatureName: "serving_default",
      },
    });
  });

  it("P09 answers a scalar with a shape that is there and empty", async () => {
    const { outputs } = await predict({ modelSpec: SPEC, inputs: new Map([["x", float(2)]]) });
    expect(outputs.get("y")).toEqual(float(3));
    expect(outputs.get("y")?.tensorShape).toEqual({ dim: [], unknownRank: false });
  });

  it.each([
    ["P10", "regress_x2_to_y3", "outputs"],
    ["P11", "classify_x2_to_y3", "scores"],
  ])("%s serves signatures that are for other methods: %s", async (_id, signatureName, output) => {
    const inputs = new Map([["inputs", float(2)]]);
    const { outputs, modelSpec } = await predict({ modelSpec: { ...SPEC, signatureName }, inputs });
    expect(outputs.get(output)?.floatVal).toEqual([4]);
    expect(modelSpec?.signatureName).toBe(signatureName);
  });

  it("P12 serves signatures without inputs", async () => {
    const call = async (signatureName: string, inputs = new Map<string, TensorProto>()) => {
      const { outputs } = await predict({
        modelSpec: { name: "counter", signatureName },
        inputs,
        outputFilter: ["output"],
      });
      return outputs.get("output")?.floatVal;
    };
    expect(await call("get_counter")).toEqual([0]);
    expect(await call("incr_counter")).toEqual([1]);
    expect(await call("reset_counter")).toEqual([0]);
    expect(await call("incr_counter")).toEqual([1]);
    expect(await call("incr_counter_by", new Map([["delta", float(3)]]))).toEqual([4]);
  });

  it.each([
    ["a version", { $case: "version", value: 122n }, 122n],
    ["a label", { $case: "versionLabel", value: "canary" }, 122n],
    ["nothing", undefined, VERSION],
  ])("K14 asks the version that the request names: %s", async (_what, versionChoice, expected) => {
    const { modelSpec } = await predict({ modelSpec: { ...SPEC, versionChoice }, inputs: X });
    expect(modelSpec?.versionChoice).toEqual({ $case: "version", value: expected });
  });

  it("passes on who asked, and until when he waits", async () => {
    const metadata = new Metadata();
    metadata.set("x-request-id", "a:7");
    metadata.set("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    await predict({ modelSpec: SPEC, inputs: X }, metadata);
    expect(grpc.server.calls.at(-1)).toMatchObject({
      deadlineMs: expect.any(Number),
      origin: {
        protocol: "grpc",
        method: "predict",
        receivedAtMs: expect.any(Number),
        requestId: "a:7",
        traceparent: expect.stringMatching(/^00-/),
      },
    });
  });

  it("has elements in tensor_content where its options say so", async () => {
    await using other = await GrpcUnderTest.start({
      server: new FunctionsServer([halfPlusTwo()]),
      options: { replies: "content" },
    });
    const { predict: method } = PredictionServiceDefinition.methods;
    const { outputs } = await other.call(PredictionServiceDefinition, method, { modelSpec: SPEC, inputs: X });
    const y = outputs.get("y");
    expect(y?.floatVal).toEqual([]);
    expect(Buffer.from(y?.tensorContent ?? []).readFloatLE()).toBe(3);
  });
});

const unknownKeys = new Map([
  ["unknown_key2", float(1)],
  ["unknown_key1", float(1)],
]);

describe("what Predict refuses", () => {
  it.each<[string, object, number, string]>([
    ["P01 no model_spec", {}, status.INVALID_ARGUMENT, "Missing ModelSpec"],
    ["P01 no name", { modelSpec: {} }, status.INVALID_ARGUMENT, "ModelSpec has no name specified"],
    [
      "P01 a model that is not there",
      { modelSpec: { name: "foo" } },
      status.NOT_FOUND,
      "Servable not found for request: Latest(foo)",
    ],
    [
      "H00 for the one who waits for the server",
      { modelSpec: { name: "intentionally_missing_model" } },
      status.NOT_FOUND,
      "Servable",
    ],
    ["P02 no inputs", { modelSpec: SPEC }, status.INVALID_ARGUMENT, "Missing but required: {x}"],
    [
      "P03 unknown inputs",
      { modelSpec: SPEC, inputs: unknownKeys },
      status.INVALID_ARGUMENT,
      "Sent extra: {unknown_key1,unknown_key2}",
    ],
    [
      "P03 missing inputs",
      { modelSpec: SPEC, inputs: unknownKeys },
      status.INVALID_ARGUMENT,
      "Missing but required: {x}",
    ],
    [
      "P04 another type",
      {
        modelSpec: SPEC,
        inputs: new Map([["x", TensorProto.fromPartial({ dtype: 10, tensorShape: dims(), boolVal: [true] })]]),
      },
      status.INVALID_ARGUMENT,
      "Expects arg[0] to be float but bool is provided",
    ],
    [
      "P05 strings",
      {
        modelSpec: SPEC,
        inputs: new Map([
          ["x", TensorProto.fromPartial({ dtype: 7, tensorShape: dims(1), stringVal: [Buffer.of(1)] })],
        ]),
      },
      status.INVALID_ARGUMENT,
      "to be float but string is provided",
    ],
    [
      "P06 an output that is not there",
      { modelSpec: SPEC, inputs: X, outputFilter: ["output_filter"] },
      status.INVALID_ARGUMENT,
      "output tensor alias not found in signature: output_filter",
    ],
    [
      "P08 an output twice",
      { modelSpec: SPEC, inputs: X, outputFilter: ["y", "y"] },
      status.INVALID_ARGUMENT,
      "duplicate output tensor alias: y",
    ],
    [
      "X02 a signature that is not there",
      { modelSpec: { ...SPEC, signatureName: "x" }, inputs: X },
      status.FAILED_PRECONDITION,
      'Serving signature key "x" not found.',
    ],
    [
      "K14 a label that is not there",
      { modelSpec: { ...SPEC, versionChoice: { $case: "versionLabel", value: "none" } }, inputs: X },
      status.INVALID_ARGUMENT,
      "Unrecognized servable version label: none",
    ],
    [
      "a version that is not there",
      { modelSpec: { ...SPEC, versionChoice: { $case: "version", value: 7n } }, inputs: X },
      status.NOT_FOUND,
      "Servable not found for request: Specific(half_plus_two, 7)",
    ],
    [
      "a tensor that is none, by its input's name",
      { modelSpec: SPEC, inputs: new Map([["x", TensorProto.fromPartial({ dtype: 1, tensorShape: dims(-1) })]]) },
      status.INVALID_ARGUMENT,
      'Input "x": expected dimensions from 0',
    ],
  ])("%s", async (_what, request, code, text) => {
    await expect(predict(request)).rejects.toMatchObject({ code, details: expect.stringContaining(text) });
    expect(grpc.server.refusals.at(-1)?.message).toContain(text);
  });
});
