import { createHash } from "node:crypto";
import { Metadata, status } from "@grpc/grpc-js";
import { type ConfigReload, PlinthError, type ReloadReport } from "@plinth/core";
import { ModelServiceDefinition } from "@plinth/protobuf-messages/tensorflow_serving/model_service";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { FunctionsServer } from "../functions-server.js";
import { GrpcUnderTest } from "../grpc-under-test.js";
import { halfPlusTwo, VERSION, version } from "../half-plus-two.js";

/** Notes the models that it is given. */
class RecordingReload implements ConfigReload {
  readonly given: unknown[] = [];
  unavailable: ReadonlyMap<string, string> = new Map();
  failure: PlinthError | undefined;

  async reload(): Promise<ReloadReport> {
    throw new Error("not in this test");
  }

  async replaceModels(models: unknown): Promise<ReloadReport> {
    if (this.failure !== undefined) throw this.failure;
    this.given.push(models);
    return { added: [], removed: [], changed: [], unchanged: [], unavailable: this.unavailable };
  }
}

let grpc: GrpcUnderTest<FunctionsServer>;
let configReload: RecordingReload;

beforeAll(async () => {
  configReload = new RecordingReload();
  const failed = { error: new PlinthError("MODEL_FILE_INVALID", "injected error") };
  const bad = {
    status: {
      model: "bad",
      versions: [version(2n, { state: "error", ...failed }), version(1n, { state: "end" })],
      labels: new Map(),
    },
    functions: new Map(),
  };
  grpc = await GrpcUnderTest.start({ server: new FunctionsServer([halfPlusTwo(), bad]), configReload });
});

beforeEach(() => {
  configReload.given.length = 0;
  configReload.unavailable = new Map();
  configReload.failure = undefined;
});

afterAll(() => grpc[Symbol.asyncDispose]());

function modelStatus(request: object) {
  return grpc.call(ModelServiceDefinition, ModelServiceDefinition.methods.getModelStatus, request);
}

function reload(request: object, metadata?: Metadata) {
  return grpc.call(ModelServiceDefinition, ModelServiceDefinition.methods.handleReloadConfigRequest, request, metadata);
}

const OK = { errorCode: 0, errorMessage: "" };

describe("GetModelStatus", () => {
  it("P17 tells all versions", async () => {
    expect(await modelStatus({ modelSpec: { name: "half_plus_two" } })).toEqual({
      modelVersionStatus: [
        { version: VERSION, state: 30, status: OK },
        { version: 122n, state: 30, status: OK },
      ],
    });
  });

  it.each([
    ["P18 by its number", { $case: "version", value: 122n }],
    ["by its label, which TensorFlow Serving ignores", { $case: "versionLabel", value: "canary" }],
  ])("tells one version %s", async (_what, versionChoice) => {
    const { modelVersionStatus } = await modelStatus({ modelSpec: { name: "half_plus_two", versionChoice } });
    expect(modelVersionStatus).toEqual([{ version: 122n, state: 30, status: OK }]);
  });

  it("K07 tells of a version that failed as ended, with its error", async () => {
    expect(await modelStatus({ modelSpec: { name: "bad" } })).toEqual({
      modelVersionStatus: [
        { version: 2n, state: 50, status: { errorCode: status.FAILED_PRECONDITION, errorMessage: "injected error" } },
        { version: 1n, state: 50, status: OK },
      ],
    });
  });

  it.each<[string, object, number]>([
    ["P15 nothing", {}, status.INVALID_ARGUMENT],
    ["P15 no name", { modelSpec: {} }, status.INVALID_ARGUMENT],
    ["P16 an unknown name", { modelSpec: { name: "foo" } }, status.NOT_FOUND],
    [
      "P16 an unknown version",
      { modelSpec: { name: "half_plus_two", versionChoice: { $case: "version", value: 7n } } },
      status.NOT_FOUND,
    ],
  ])("refuses %s", async (_what, request, code) => {
    await expect(modelStatus(request)).rejects.toMatchObject({ code });
  });
});

function configOf(...config: readonly object[]): object {
  return { config: { config: { $case: "modelConfigList", value: { config } } } };
}

const MODEL = { name: "m", basePath: "/models/m" };
const policy = (policyChoice: object) => ({ modelVersionPolicy: { policyChoice } });

describe("HandleReloadConfigRequest", () => {
  it.each<[string, object, object]>([
    ["a path alone", MODEL, { path: "/models/m" }],
    ["all versions", { ...MODEL, ...policy({ $case: "all", value: {} }) }, { path: "/models/m", versions: "all" }],
    [
      "the latest, of which 0 is 1",
      { ...MODEL, ...policy({ $case: "latest", value: { numVersions: 0 } }) },
      { path: "/models/m", versions: { latest: 1 } },
    ],
    [
      "single ones",
      { ...MODEL, ...policy({ $case: "specific", value: { versions: [3n, 2n ** 62n] } }) },
      { path: "/models/m", versions: [3, 2n ** 62n] },
    ],
    [
      "labels",
      { ...MODEL, modelPlatform: "tensorflow", versionLabels: new Map([["stable", 3n]]) },
      { path: "/models/m", labels: { stable: 3 } },
    ],
    ["K10 the type that is no longer used", { ...MODEL, modelType: 1 }, { path: "/models/m" }],
  ])("applies %s", async (_what, model, expected) => {
    expect(await reload(configOf(model))).toEqual({ status: OK, metric: [] });
    expect(configReload.given).toEqual([expect.objectContaining({ m: expected })]);
  });

  it("applies an empty list, which takes all models away", async () => {
    await reload(configOf());
    expect(configReload.given).toEqual([expect.objectContaining({})]);
  });

  it.each<[string, object, RegExp]>([
    ["no configuration", {}, /model_config_list/],
    ["a custom one", { config: { config: { $case: "customModelConfig", value: {} } } }, /model_config_list/],
    ["K06 a relative path", configOf({ name: "m", basePath: "models/m" }), /config\[0\]\.base_path.*absolute/],
    ["no path", configOf({ name: "m" }), /base_path.*got none/],
    ["no name", configOf({ basePath: "/m" }), /config\[0\]\.name/],
    ["K11 one name twice", configOf(MODEL, MODEL), /config\[1\]\.name.*"m" stands twice/],
    ["K11 another platform", configOf({ ...MODEL, modelPlatform: "caffe" }), /model_platform.*"caffe"/],
    [
      "K09 type and platform",
      configOf({ ...MODEL, modelType: 1, modelPlatform: "tensorflow" }),
      /Illegal setting both/,
    ],
    ["another type", configOf({ ...MODEL, modelType: 2 }), /model_type/],
    [
      "single versions, but none",
      configOf({ ...MODEL, ...policy({ $case: "specific", value: {} }) }),
      /expected versions/,
    ],
    ["a log of requests", configOf({ ...MODEL, loggingConfig: {} }), /logging_config/],
  ])("refuses %s and applies nothing", async (_what, request, expected) => {
    await expect(reload(request)).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringMatching(expected),
    });
    expect(configReload.given).toEqual([]);
  });

  it("tells all that is wrong at once", async () => {
    const request = configOf({ name: "m" }, { ...MODEL, name: "" });
    await expect(reload(request)).rejects.toThrow(/config\[0\]\.base_path.*config\[1\]\.name/);
  });

  it("tells of models that it names and that did not become available", async () => {
    configReload.unavailable = new Map([
      ["m", "Model m: it is broken"],
      ["other", "Model other: as before"],
    ]);
    await expect(reload(configOf(MODEL))).rejects.toMatchObject({
      code: status.UNAVAILABLE,
      details: expect.stringMatching(/1 servable\(s\) did not become available: Model m: it is broken$/),
    });
  });

  it("tells why the server does not take the configuration", async () => {
    configReload.failure = new PlinthError(
      "CONFIG_INVALID",
      "HandleReloadConfigRequest:1:1: models.m: expected better",
    );
    await expect(reload(configOf(MODEL))).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: configReload.failure.message,
    });
  });

  it("is not answered through a proxy, which any client may be behind", async () => {
    const metadata = new Metadata();
    metadata.set("x-forwarded-for", "203.0.113.7");
    await expect(reload(configOf(MODEL), metadata)).rejects.toMatchObject({ code: status.PERMISSION_DENIED });
    expect(configReload.given).toEqual([]);
  });

  it("is answered only to those who show a token, where there are some, also through a proxy", async () => {
    const managementTokens = new Map([["ada", createHash("sha256").update("the-token-of-ada").digest("hex")]]);
    await using guarded = await GrpcUnderTest.start({
      server: new FunctionsServer([halfPlusTwo()]),
      configReload,
      managementTokens,
    });
    const ask = (authorization?: string) => {
      const metadata = new Metadata();
      metadata.set("x-forwarded-for", "203.0.113.7");
      if (authorization !== undefined) metadata.set("authorization", authorization);
      const { handleReloadConfigRequest } = ModelServiceDefinition.methods;
      return guarded.call(ModelServiceDefinition, handleReloadConfigRequest, configOf(MODEL), metadata);
    };
    for (const shown of [undefined, "Bearer the-token-of-bob"]) {
      await expect(ask(shown)).rejects.toMatchObject({ code: status.UNAUTHENTICATED });
    }
    expect(configReload.given).toEqual([]);
    await ask("Bearer the-token-of-ada");
    expect(configReload.given).toHaveLength(1);
  });
});
