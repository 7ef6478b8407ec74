import { mkdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { type ServiceError, status } from "@grpc/grpc-js";
import type { Feature } from "@plinth/protobuf-messages/tensorflow/example";
import {
  ClassificationRequest,
  type Input,
  MultiInferenceRequest,
  RegressionRequest,
} from "@plinth/protobuf-messages/tensorflow_serving/prediction_service";
import { CLASSIFY_METHOD, REGRESS_METHOD } from "@plinth/tf-example";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MODEL_FILE } from "./half-plus-two-backend.js";
import { PredictionClient } from "./prediction-client.js";
import { Serving, TemporaryFolder } from "./serving.js";

const BACKEND = fileURLToPath(new URL("./half-plus-two-backend.ts", import.meta.url));
const VERSION = 123n;

let folder: TemporaryFolder;
let serving: Serving;
let client: PredictionClient;

beforeAll(async () => {
  folder = await TemporaryFolder.create();
  for (const exporter of ["tf1", "tf2"]) {
    const version = join(folder.path, "models", exporter, "00000123");
    await mkdir(version, { recursive: true });
    await writeFile(join(version, MODEL_FILE), exporter);
  }
  serving = await Serving.start(
    `storage: { use: disk, root: ./models, settleMs: 0 }
backends: [{ use: ./${relative(folder.path, BACKEND)} }]
protocols: [{ use: rest, port: 0 }, { use: grpc, port: 0 }]
models:
  tf1: { versions: [123], labels: { stable: 123 }, batching: { maxBatchSize: 8, maxWaitMs: 1 }, execution: { executor: inline } }
  tf2: { execution: { executor: inline } }
`,
    join(folder.path, "config.yaml"),
  );
  client = new PredictionClient(serving.server.endpoints.find(({ url }) => url.startsWith("grpc:"))?.url ?? "");
});

afterAll(async () => {
  client[Symbol.dispose]();
  await serving[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** Asks over REST about examples of a feature `x`, a float each: `JSON.stringify` would write 80 without a point. */
async function ask(model: string, verb: string, signature: string, ...values: readonly number[]): Promise<unknown> {
  const examples = values.map((x) => `{"x":${x.toFixed(1)}}`).join();
  const url = `${serving.url}/v1/models/${model}:${verb}`;
  const body = `{"signature_name":"${signature}","examples":[${examples}]}`;
  return (await fetch(url, { method: "POST", body })).json();
}

const floats = (...value: number[]) => ({ kind: { $case: "floatList" as const, value: { value } } });
const texts = (...value: string[]) => ({
  kind: { $case: "bytesList" as const, value: { value: value.map((text) => Buffer.from(text)) } },
});

/** Examples of a feature `x`, beside features that no signature takes. */
function input(...values: readonly number[]): Input {
  const examples = values.map((x) => ({
    features: {
      feature: new Map<string, Feature>([
        ["x", floats(x)],
        ["age", floats(20)],
        ["locale", texts("pt_BR")],
      ]),
    },
  }));
  return { kind: { $case: "exampleList", value: { examples } } };
}

const spec = (name: string, signatureName: string) => ({ name, signatureName, versionChoice: undefined });
const answered = (name: string, signatureName: string) => ({
  name,
  signatureName,
  versionChoice: { $case: "version", value: VERSION },
});

describe.each(["tf1", "tf2"])("a model whose graph parses examples, exported by %s", (model) => {
  it("G30 H15 regresses over REST", async () => {
    expect(await ask(model, "regress", "regress_x_to_y", 80)).toEqual({ results: [42] });
    expect(await ask(`${model}/versions/123`, "regress", "regress_x_to_y2", 2, 4)).toEqual({ results: [4, 5] });
  });

  it("G33 H14 classifies over REST", async () => {
    expect(await ask(model, "classify", "classify_x_to_y", 20, 10)).toEqual({ results: [[["", 12]], [["", 7]]] });
  });

  it("H06 P42 does both at once over REST", async () => {
    const body = `{"tasks":[{"signature_name":"regress_x_to_y","method_name":"${REGRESS_METHOD}"},
      {"signature_name":"classify_x_to_y","method_name":"${CLASSIFY_METHOD}"}],"examples":[{"x":2.0}]}`;
    const url = `${serving.url}/v1/models/${model}:multiInference`;
    expect(await (await fetch(url, { method: "POST", body })).json()).toEqual({
      results: [
        { signature_name: "regress_x_to_y", method_name: REGRESS_METHOD, results: [3] },
        { signature_name: "classify_x_to_y", method_name: CLASSIFY_METHOD, results: [[["", 3]]] },
      ],
    });
  });

  it("H04 P24 classifies over gRPC", async () => {
    const request = ClassificationRequest.create({ modelSpec: spec(model, "classify_x_to_y"), input: input(80, 2) });
    expect(await client.classify(request)).toEqual({
      result: { classifications: [{ classes: [{ label: "", score: 42 }] }, { classes: [{ label: "", score: 3 }] }] },
      modelSpec: answered(model, "classify_x_to_y"),
    });
  });

  it("H05 P25 regresses over gRPC", async () => {
    const request = RegressionRequest.create({ modelSpec: spec(model, "regress_x_to_y"), input: input(80) });
    expect(await client.regress(request)).toEqual({
      result: { regressions: [{ value: 42 }] },
      modelSpec: answered(model, "regress_x_to_y"),
    });
  });

  it("H06 P41 P42 does both at once over gRPC, in the order of the tasks", async () => {
    const tasks = [
      { modelSpec: spec(model, "regress_x_to_y"), methodName: REGRESS_METHOD },
      { modelSpec: spec(model, "regress_x_to_y2"), methodName: REGRESS_METHOD },
      { modelSpec: spec(model, "classify_x_to_y"), methodName: CLASSIFY_METHOD },
    ];
    const { results } = await client.multiInference(MultiInferenceRequest.create({ tasks, input: input(2) }));
    const regression = (value: number) => ({ $case: "regressionResult", value: { regressions: [{ value }] } });
    const classifications = [{ classes: [{ label: "", score: 3 }] }];
    expect(results).toEqual([
      { modelSpec: answered(model, "regress_x_to_y"), result: regression(3) },
      { modelSpec: answered(model, "regress_x_to_y2"), result: regression(4) },
      {
        modelSpec: answered(model, "classify_x_to_y"),
        result: { $case: "classificationResult", value: { classifications } },
      },
    ]);
  });
});

describe("examples over gRPC", () => {
  it("P27 take from the context what they lack", async () => {
    const context = {
      features: {
        feature: new Map([
          ["x", floats(80)],
          ["y", floats(1)],
        ]),
      },
    };
    const examples = [{ features: undefined }, { features: { feature: new Map([["x", floats(2)]]) } }];
    const request = RegressionRequest.create({
      modelSpec: spec("tf1", "regress_x_to_y"),
      input: { kind: { $case: "exampleListWithContext", value: { examples, context } } },
    });
    expect((await client.regress(request)).result).toEqual({ regressions: [{ value: 42 }, { value: 3 }] });
  });

  it("are parsed by a signature that takes floats", async () => {
    const examples = [1, 3].map((x) => ({ features: { feature: new Map([["inputs", floats(x)]]) } }));
    const request = ClassificationRequest.create({
      modelSpec: spec("tf1", "classify_x2_to_y3"),
      input: { kind: { $case: "exampleList", value: { examples } } },
    });
    const { result } = await client.classify(request);
    expect(result?.classifications.map(({ classes }) => classes[0]?.score)).toEqual([3.5, 4.5]);
  });

  it("go together into one batch with those of others", async () => {
    const requests = Array.from({ length: 20 }, (_, x) =>
      RegressionRequest.create({ modelSpec: spec("tf1", "regress_x_to_y"), input: input(x, x + 1) }),
    );
    const answers = await Promise.all(requests.map((request) => client.regress(request)));
    expect(answers.map(({ result }) => result?.regressions.map(({ value }) => value))).toEqual(
      requests.map((_, x) => [0.5 * x + 2, 0.5 * x + 2.5]),
    );
  });

  const task = (name: string, signature: string, methodName: string) => ({
    modelSpec: spec(name, signature),
    methodName,
  });
  const several =
    (...tasks: ReturnType<typeof task>[]) =>
    () =>
      client.multiInference(MultiInferenceRequest.create({ tasks, input: input(2) }));
  const classifying = (request: Parameters<typeof ClassificationRequest.create>[0]) => () =>
    client.classify(ClassificationRequest.create(request));

  it.each<[id: string, call: () => Promise<unknown>, code: status, fragment: string]>([
    ["P22 no spec", classifying({ input: input(2) }), status.INVALID_ARGUMENT, "Missing ModelSpec"],
    ["P22 no name", classifying({ modelSpec: spec("", "") }), status.INVALID_ARGUMENT, "no name specified"],
    ["P22 an unknown model", classifying({ modelSpec: spec("foo", "") }), status.NOT_FOUND, "Servable not found"],
    [
      "P23",
      classifying({ modelSpec: spec("tf1", "invalid"), input: input(2) }),
      status.INVALID_ARGUMENT,
      "Serving signature key",
    ],
    [
      "P30 no input",
      classifying({ modelSpec: spec("tf1", "classify_x_to_y") }),
      status.INVALID_ARGUMENT,
      "Input is empty",
    ],
    [
      "P30 no examples",
      classifying({ modelSpec: spec("tf1", "classify_x_to_y"), input: input() }),
      status.INVALID_ARGUMENT,
      "Input is empty",
    ],
    [
      "P34",
      classifying({ modelSpec: spec("tf1", "regress_x_to_y"), input: input(2) }),
      status.INVALID_ARGUMENT,
      "Expected classification signature",
    ],
    [
      "P35",
      () =>
        client.multiInference(MultiInferenceRequest.create({ tasks: [task("tf1", "regress_x_to_y", REGRESS_METHOD)] })),
      status.INVALID_ARGUMENT,
      "Input is empty",
    ],
    ["P36", several(task("tf1", "invalid", REGRESS_METHOD)), status.INVALID_ARGUMENT, "signature not found"],
    [
      "P37",
      several(task("tf1", "regress_x_to_y", REGRESS_METHOD), task("tf2", "classify_x_to_y", CLASSIFY_METHOD)),
      status.INVALID_ARGUMENT,
      "must access the same model name",
    ],
    [
      "P38",
      several(task("tf1", "regress_x_to_y", REGRESS_METHOD), task("tf1", "regress_x_to_y", REGRESS_METHOD)),
      status.INVALID_ARGUMENT,
      "Duplicate evaluation of signature: regress_x_to_y",
    ],
    [
      "P39",
      several(task("tf1", "serving_default", "tensorflow/serving/predict")),
      status.UNIMPLEMENTED,
      "Unsupported signature",
    ],
    ["no tasks", several(), status.INVALID_ARGUMENT, "at least one inference task"],
  ])("are refused as in %s", async (_, call, code, fragment) => {
    const error = await call().then(
      () => ({ code: status.OK, details: "" }),
      (thrown: ServiceError) => thrown,
    );
    expect(error.code).toBe(code);
    expect(error.details).toContain(fragment);
  });
});

it("a model that finds its examples wrong says so", async () => {
  const body = '{"signature_name":"regress_x_to_y","examples":[{"y":1.0}]}';
  const response = await fetch(`${serving.url}/v1/models/tf2:regress`, { method: "POST", body });
  expect(response.status).toBe(400);
  expect(await response.json()).toEqual({
    error: expect.stringContaining("Feature: x (data type: float) is required"),
  });
});
