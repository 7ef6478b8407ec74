import { status } from "@grpc/grpc-js";
import { PlinthError, type Route } from "@plinth/core";
import { GRPCInferenceServiceDefinition } from "@plinth/protobuf-messages/inference/grpc_service";
import { DataType } from "@plinth/protobuf-messages/inference/model_config";
import { afterEach, describe, expect, it } from "vitest";
import { InferenceUnderTest } from "./inference-client.js";

const { methods } = GRPCInferenceServiceDefinition;

let grpc: InferenceUnderTest;

afterEach(() => grpc[Symbol.asyncDispose]());

describe("what is told over gRPC", () => {
  it("of the server: live, ready, its name and extensions", async () => {
    grpc = await InferenceUnderTest.start({ options: { serverName: "triton", serverVersion: "2.0" } });
    expect(await grpc.call(methods.serverLive)).toEqual({ live: true });
    expect(await grpc.call(methods.serverReady)).toEqual({ ready: true });
    expect(await grpc.call(methods.serverMetadata)).toMatchObject({
      name: "triton",
      version: "2.0",
      extensions: expect.arrayContaining(["classification", "statistics"]),
    });
    grpc.server.readiness = () => ({ ready: false, reasons: ["loading"] });
    expect(await grpc.call(methods.serverReady)).toEqual({ ready: false });
  });

  it("of a model: ready, metadata and configuration", async () => {
    grpc = await InferenceUnderTest.start();
    expect(await grpc.call(methods.modelReady, { name: "echo" })).toEqual({ ready: true });
    expect(await grpc.call(methods.modelReady, { name: "echo", version: "7" })).toEqual({ ready: false });
    expect(await grpc.call(methods.modelReady, { name: "nope" })).toEqual({ ready: false });
    expect(await grpc.call(methods.modelMetadata, { name: "echo" })).toEqual({
      name: "echo",
      versions: ["1"],
      platform: "echo",
      inputs: [{ name: "x", datatype: "FP32", shape: [-1n] }],
      outputs: [{ name: "y", datatype: "FP32", shape: [-1n] }],
    });
    expect((await grpc.call(methods.modelConfig, { name: "echo" })).config).toMatchObject({
      name: "echo",
      maxBatchSize: 2_147_483_647,
      input: [{ name: "x", dataType: DataType.TYPE_FP32, dims: [] }],
    });
    for (const method of [methods.modelMetadata, methods.modelConfig] as const) {
      await expect(grpc.call(method as typeof methods.modelMetadata, { name: "nope" })).rejects.toMatchObject({
        code: status.NOT_FOUND,
        details: "Request for unknown model: 'nope' is not found",
      });
    }
    await expect.poll(() => grpc.server.held).toBe(0);
  });

  it("of the repository: its models; there is one without a name", async () => {
    grpc = await InferenceUnderTest.start();
    expect(await grpc.call(methods.repositoryIndex)).toEqual({
      models: [{ name: "echo", version: "1", state: "READY", reason: "" }],
    });
    await expect(grpc.call(methods.repositoryIndex, { repositoryName: "r" })).rejects.toMatchObject({
      code: status.UNIMPLEMENTED,
    });
  });

  it("of settings: what they are, and that they cannot be changed", async () => {
    grpc = await InferenceUnderTest.start();
    const { settings } = await grpc.call(methods.traceSetting, {
      settings: new Map([["trace_rate", { value: ["1000"] }]]),
    });
    expect(settings.get("trace_level")?.value).toEqual(["OFF"]);
    const logs = await grpc.call(methods.logSettings);
    expect(logs.settings.get("log_info")?.parameterChoice).toEqual({ $case: "boolParam", value: true });
    const changed = new Map([["trace_level", { value: ["TENSORS"] }]]);
    await expect(grpc.call(methods.traceSetting, { settings: changed })).rejects.toMatchObject({
      code: status.UNIMPLEMENTED,
      details: expect.stringContaining("'trace_level' cannot be changed"),
    });
    const quiet = new Map([["log_info", { parameterChoice: { $case: "boolParam", value: false } }]]);
    await expect(grpc.call(methods.logSettings, { settings: quiet })).rejects.toMatchObject({
      code: status.UNIMPLEMENTED,
    });
  });

  it("of shared memory: that there is none", async () => {
    grpc = await InferenceUnderTest.start();
    expect(await grpc.call(methods.systemSharedMemoryStatus)).toEqual({ regions: new Map() });
    expect(await grpc.call(methods.cudaSharedMemoryUnregister)).toEqual({});
    await expect(grpc.call(methods.systemSharedMemoryRegister)).rejects.toMatchObject({ code: status.UNIMPLEMENTED });
  });
});

describe("what the main process is asked", () => {
  const asked: unknown[] = [];
  const route = (method: Route["method"], path: string, handle: Route["handle"]): Route => {
    return { method, path: `/grpc/v2${path}`, access: "management", handle };
  };
  const duration = { count: 1, ns: 2_000 };
  const routes = [
    route("POST", "/repository/models/:model/load", async (request, { params }) => {
      asked.push([params.get("model"), await request.json()]);
      return Response.json({});
    }),
    route("POST", "/repository/models/:model/unload", () => {
      throw new PlinthError("PINNED_BY_CONFIG", "pinned by config.yaml:3");
    }),
    route("GET", "/models/:model/stats", (_request, { params }) => {
      const stats = {
        success: duration,
        fail: duration,
        queue: duration,
        compute_input: duration,
        compute_infer: duration,
        compute_output: duration,
        cache_hit: duration,
        cache_miss: duration,
      };
      const batch = { batch_size: 4, compute_input: duration, compute_infer: duration, compute_output: duration };
      const version = {
        name: params.get("model"),
        version: "1",
        last_inference: 5,
        inference_count: 6,
        execution_count: 7,
        inference_stats: stats,
        batch_stats: [batch],
      };
      return Response.json({ model_stats: [version] });
    }),
  ];

  it("is loading, unloading and statistics", async () => {
    grpc = await InferenceUnderTest.start({ routes });
    const parameters = new Map([["config", { parameterChoice: { $case: "stringParam", value: "{}" } }]]);
    await grpc.call(methods.repositoryModelLoad, { modelName: "m", parameters });
    await grpc.call(methods.repositoryModelLoad, { repositoryName: "of-kserve" });
    expect(asked).toEqual([
      ["m", { parameters: { config: true } }],
      ["of-kserve", { parameters: {} }],
    ]);
    await expect(
      grpc.call(methods.repositoryModelLoad, { repositoryName: "other", modelName: "m" }),
    ).rejects.toMatchObject({ code: status.UNIMPLEMENTED });
    await expect(grpc.call(methods.repositoryModelUnload, { modelName: "m" })).rejects.toMatchObject({
      code: status.FAILED_PRECONDITION,
      details: "pinned by config.yaml:3",
    });
    const { modelStats } = await grpc.call(methods.modelStatistics, { name: "m" });
    expect(modelStats).toMatchObject([
      {
        name: "m",
        version: "1",
        lastInference: 5n,
        inferenceCount: 6n,
        executionCount: 7n,
        inferenceStats: { success: { count: 1n, ns: 2_000n } },
        batchStats: [{ batchSize: 4n, computeInfer: { count: 1n, ns: 2_000n } }],
      },
    ]);
  });
});
