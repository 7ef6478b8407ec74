import { type ModelServer, type ModelStatus, type ModelTarget, PlinthError } from "@plinth/core";
import { describe, expect, it } from "vitest";
import {
  checkReady,
  checkShape,
  modelConfig,
  modelMetadata,
  modelTarget,
  protocolError,
  repositoryIndex,
  serverMetadata,
} from "../src/index.js";
import { echoHandle, signatureOf } from "./signatures.js";

const BATCHED = signatureOf(
  { x: { dtype: "float32", shape: [-1, 16] }, s: { dtype: "string", shape: [-1, 1] } },
  { y: { dtype: "int64", shape: [-1] } },
);

const failed = new PlinthError("MODEL_FILE_INVALID", "model.onnx is torn");

const MODELS: readonly ModelStatus[] = [
  { model: "empty", versions: [], labels: new Map() },
  { model: "refused", versions: [], labels: new Map(), error: failed },
  {
    model: "m",
    versions: [
      { version: 5n, state: "error", error: failed, sinceMs: 0 },
      { version: 4n, state: "loading", sinceMs: 0 },
      { version: 3n, state: "available", sinceMs: 0 },
      { version: 2n, state: "unloading", sinceMs: 0 },
      { version: 1n, state: "end", sinceMs: 0 },
      { version: 0n, state: "start", onDemand: true, sinceMs: 0 },
    ],
    labels: new Map(),
  },
];

const server = {
  models: () => MODELS,
  status: (name: string) => MODELS.find(({ model }) => model === name),
} as Partial<ModelServer> as ModelServer;

describe("what is told", () => {
  it("of the server is its name and the extensions that it has", () => {
    const { name, version, extensions } = serverMetadata("triton", "2.0");
    expect([name, version]).toEqual(["triton", "2.0"]);
    expect(extensions).toContain("binary_tensor_data");
    expect(extensions).not.toContain("system_shared_memory");
  });

  it("of a model is its tensors and the versions that can answer", () => {
    expect(modelMetadata(echoHandle({ serving_default: BATCHED }), server)).toEqual({
      name: "m",
      versions: ["3", "0"],
      platform: "onnxruntime_onnx",
      inputs: [
        { name: "x", datatype: "FP32", shape: [-1, 16] },
        { name: "s", datatype: "BYTES", shape: [-1, 1] },
      ],
      outputs: [{ name: "y", datatype: "INT64", shape: [-1] }],
    });
  });

  it("of its configuration leaves out the axis of the batch", () => {
    expect(modelConfig(echoHandle({ serving_default: BATCHED }))).toEqual({
      name: "m",
      platform: "onnxruntime_onnx",
      backend: "onnx",
      max_batch_size: 2_147_483_647,
      input: [
        { name: "x", data_type: "TYPE_FP32", dims: [16] },
        { name: "s", data_type: "TYPE_STRING", dims: [1] },
      ],
      output: [{ name: "y", data_type: "TYPE_INT64", dims: [] }],
      model_transaction_policy: { decoupled: false },
    });
  });

  it("of its configuration tells how it is run, and what its config.pbtxt says beside", () => {
    const document = {
      input: [{ name: "x", reshape: {} }],
      output: [{ name: "y", label_filename: "labels.txt" }],
      parameters: { k: { string_value: "v" } },
      model_warmup: [{ name: "zeros" }],
    };
    const facts = {
      versions: { kind: "specific", versions: [1n, 2n ** 60n] },
      instances: 3,
      maxQueuedRequests: 7,
      batching: { maxBatchSize: 8, maxWaitMs: 1.5, allowedBatchSizes: [4, 8] },
      description: { name: "config.pbtxt", warmUp: [], ignored: [], document },
    } as const;
    const handle = { ...echoHandle({ serving_default: BATCHED }), maxBatchSize: 8, facts };
    expect(modelConfig(handle)).toMatchObject({
      version_policy: { specific: { versions: ["1", "1152921504606846976"] } },
      max_batch_size: 8,
      input: [{ name: "x", reshape: { shape: [] } }, { name: "s" }],
      output: [{ name: "y", label_filename: "labels.txt" }],
      dynamic_batching: {
        preferred_batch_size: [4, 8],
        max_queue_delay_microseconds: 1_500,
        default_queue_policy: { max_queue_size: 7 },
      },
      instance_group: [{ name: "m", kind: "KIND_CPU", count: 3 }],
      parameters: { k: { string_value: "v" } },
      model_warmup: [{ name: "zeros" }],
    });
  });

  it("of a model that is run in batches has the largest", () => {
    const handle = { ...echoHandle({ serving_default: BATCHED }), maxBatchSize: 8 };
    expect(modelConfig(handle)).toMatchObject({ max_batch_size: 8, dynamic_batching: {} });
  });

  it("of a model without batches has all axes", () => {
    const fixed = signatureOf(
      { x: { dtype: "float32", shape: [2, -1] } },
      { y: { dtype: "float32", shape: undefined } },
    );
    expect(modelConfig(echoHandle({ only: fixed }))).toMatchObject({
      max_batch_size: 0,
      input: [{ dims: [2, -1] }],
      output: [{ dims: [] }],
    });
  });

  it("of the repository has a state for each version", () => {
    expect(repositoryIndex(server, false)).toEqual([
      { name: "empty" },
      { name: "refused", state: "UNAVAILABLE", reason: "model.onnx is torn" },
      { name: "m", version: "5", state: "UNAVAILABLE", reason: "model.onnx is torn" },
      { name: "m", version: "4", state: "LOADING", reason: "" },
      { name: "m", version: "3", state: "READY", reason: "" },
      { name: "m", version: "2", state: "UNLOADING", reason: "" },
      { name: "m", version: "1", state: "UNAVAILABLE", reason: "unloaded" },
      { name: "m", version: "0", state: "READY", reason: "" },
    ]);
    expect(repositoryIndex(server, true).map(({ version }) => version)).toEqual(["3", "0"]);
  });
});

describe("a model's readiness", () => {
  it.each<[object, string]>([
    [{ model: "m" }, ""],
    [{ model: "m", version: 0n }, ""],
    [{ model: "m", version: 4n }, "Model version not ready"],
    [{ model: "m", version: 5n }, "Model version not ready: model.onnx is torn"],
    [{ model: "m", version: 9n }, "Model m has no version 9"],
    [{ model: "m", label: "x" }, "Model m has no label x"],
    [{ model: "refused" }, "Model version not ready: model.onnx is torn"],
    [{ model: "nope" }, "There is no model nope"],
  ])("is told case %#", (target, message) => {
    const check = () => checkReady(server, target as ModelTarget);
    if (message === "") expect(check).not.toThrow();
    else expect(check).toThrow(message);
  });
});

describe("a target", () => {
  it.each<[string | undefined, object]>([
    [undefined, { model: "m" }],
    ["", { model: "m" }],
    ["7", { model: "m", version: 7n }],
    ["9223372036854775807", { model: "m", version: 2n ** 63n - 1n }],
    ["canary", { model: "m", label: "canary" }],
    ["-1", { model: "m", label: "-1" }],
  ])("may be of version %s", (version, expected) => {
    expect(modelTarget("m", version)).toEqual(expected);
  });

  it("needs a name and a number within int64", () => {
    expect(() => modelTarget("", "1")).toThrow("Expected the name of a model");
    expect(() => modelTarget("m", "9223372036854775808")).toThrow("past int64");
  });
});

describe("an error", () => {
  it.each<[ConstructorParameters<typeof PlinthError>[0], string]>([
    ["MODEL_NOT_FOUND", "Request for unknown model: 'm' is not found"],
    ["VERSION_NOT_FOUND", "Request for unknown model: 'm' version 7 is not found"],
    ["VERSION_NOT_AVAILABLE", "Request for unknown model: 'm' is not at ready state: as core says it"],
    ["QUEUE_FULL", "as core says it"],
  ])("of %s begins as clients know it", (reason, text) => {
    const error = new PlinthError(reason, "as core says it");
    const told = protocolError(error, { model: "m", version: 7n });
    expect([told.message, told.reason, told.code]).toEqual([text, error.reason, error.code]);
  });
});

describe("a shape", () => {
  it.each<unknown>([undefined, null, "1", [1.5], [-1], ["1"], [2 ** 40, 2 ** 40], new Array(300).fill(1)])(
    "of %j is none",
    (shape) => {
      expect(() => checkShape(shape, "x")).toThrow("Unable to parse 'shape' of input 'x'");
    },
  );

  it("may be empty and have axes of no length", () => {
    expect([checkShape([], "x"), checkShape([0, 3], "x")]).toEqual([[], [0, 3]]);
  });
});
