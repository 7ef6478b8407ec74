import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { ROOT } from "../architecture/source-files.js";
import { Serving, TemporaryFolder } from "./serving.js";

/** y = 0.5 x + 2 in ONNX, of any shape: the twin of TensorFlow Serving's own test model. */
const TWIN = join(ROOT, "plugins", "backend-onnx", "test", "models", "half-plus-two", "1");
const MODEL = "saved_model_half_plus_two_2_versions";
const ROOT_PATH = `/v1/models/${MODEL}`;

const AVAILABLE = {
  model_version_status: [{ version: "123", state: "AVAILABLE", status: { error_code: "OK", error_message: "" } }],
};

let folder: TemporaryFolder;
let serving: Serving;

beforeAll(async () => {
  folder = await TemporaryFolder.create();
  const version = join(folder.path, "models", MODEL, "00000123");
  await mkdir(join(version, ".."), { recursive: true });
  await cp(TWIN, version, { recursive: true });
  serving = await Serving.start(
    `server: { pollIntervalMs: 20 }
storage: { use: disk, root: ./models, settleMs: 0 }
models: { ${MODEL}: { versions: [123], labels: { stable: 123 } } }
`,
    join(folder.path, "config.yaml"),
  );
  await vi.waitFor(() => expect(serving.server.models.readiness().ready).toBe(true));
});

afterAll(async () => {
  await serving[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

async function ask(
  method: string,
  path: string,
  body = "",
): Promise<{ status: number; text: string; type: string | null }> {
  const response = await fetch(`${serving.url}${path}`, { method, ...(method === "POST" && { body }) });
  return { status: response.status, text: await response.text(), type: response.headers.get("content-type") };
}

describe("REST as TensorFlow Serving's clients know it", () => {
  it.each<[id: string, method: string, path: string, body: string, status: number, error: string]>([
    ["G02", "GET", "/statuspage", "", 404, "There is nothing"],
    ["G03", "GET", "/v1/foo", "", 400, "Malformed request: GET /v1/foo"],
    ["G04", "POST", "/v1/foo", "", 400, "Malformed request: POST /v1/foo"],
    ["G06", "GET", "/v1/models/debug/model_name", "", 400, "Malformed request"],
    ["G07", "POST", "/v1/models", "", 400, "Malformed request"],
    ["G08", "GET", "/v1/models/foo:predict", "", 400, "Malformed request"],
    ["G09", "GET", "/v1/models/foo/version/50:predict", "", 400, "Malformed request"],
    ["G10", "POST", "/v1/models/foo/version/50:regress", "", 400, "Malformed request"],
    ["G11", "POST", "/v1/models/foo/versions/HELLO:regress", "", 400, "Malformed request"],
    [
      "G12, X22, with a body",
      "POST",
      "/v1/models/foo/versions/18446744073709551615:regress",
      "",
      400,
      "Failed to convert version",
    ],
    ["G13", "POST", "/v1/models/foo/metadata", "", 400, "Malformed request"],
    ["G14", "POST", "/v1/models/foo/label/some_label:regress", "", 400, "Malformed request"],
    ["G15", "POST", "/v1/models/foo/versions/50/labels/some_label:regress", "", 400, "Malformed request"],
    ["G16", "POST", "/v1/models/foo/versions/some_label:regress", "", 400, "Malformed request"],
    [
      "G17, X01",
      "POST",
      "/v1/models/foo:predict",
      '{"instances": [1]}',
      404,
      "Servable not found for request: Latest(foo)",
    ],
    ["G18", "POST", "/v1/models/foo/versions/50:predict", '{"instances": [1]}', 404, "Servable not found"],
    ["G19", "POST", `${ROOT_PATH}99:predict`, '{"instances": [1]}', 404, "Servable not found"],
    [
      "G19 as it was meant",
      "POST",
      `${ROOT_PATH}/versions/99:predict`,
      '{"instances": [1]}',
      404,
      `Specific(${MODEL}, 99)`,
    ],
    ["G20", "POST", `${ROOT_PATH}:predict`, "", 400, "JSON Parse error: The document is empty"],
    ["G21", "POST", `${ROOT_PATH}:predict`, "instances = [1, 2]", 400, "JSON Parse error: Invalid value"],
    ["G22", "POST", `${ROOT_PATH}:predict`, '{"instances": ["x","y"]}', 400, "not of expected type: float"],
    [
      "G23",
      "POST",
      `${ROOT_PATH}/labels/none:predict`,
      '{"instances": ["x","y"]}',
      400,
      "Unrecognized servable version label",
    ],
    [
      "G24",
      "POST",
      `${ROOT_PATH}:predict`,
      '{"signature_name": 100}',
      400,
      "'signature_name' key must be a string value.",
    ],
    [
      "X02",
      "POST",
      `${ROOT_PATH}:predict`,
      '{"signature_name": "x", "instances": [1]}',
      400,
      'signature key "x" not found',
    ],
    ["X03: syntax comes before the model", "POST", "/v1/models/foo:predict", "{", 400, "JSON Parse error"],
    [
      "X03: the label comes before tensors",
      "POST",
      "/v1/models/foo:predict",
      '{"instances": [[1],[2,3]]}',
      404,
      "Servable not found",
    ],
    ["X05", "POST", `${ROOT_PATH}:predict`, "{}", 400, "Missing 'inputs' or 'instances' key"],
    ["X26", "GET", "/v1/models/foo", "", 404, "Could not find any versions of model foo"],
    ["X26 of a version", "GET", `${ROOT_PATH}/versions/7`, "", 404, `Could not find version 7 of model ${MODEL}`],
    ["an unknown label's status", "GET", `${ROOT_PATH}/labels/none`, "", 400, "Unrecognized servable version label"],
    ["an unknown model's metadata", "GET", "/v1/models/foo/metadata", "", 404, "Servable not found"],
    [
      "X04: examples come before the model",
      "POST",
      "/v1/models/foo:classify",
      '{"examples": [1]}',
      400,
      "Example must be",
    ],
    [
      "an unknown model with examples",
      "POST",
      "/v1/models/foo:regress",
      '{"examples": [{}]}',
      404,
      "Servable not found",
    ],
    [
      "P23",
      "POST",
      `${ROOT_PATH}:classify`,
      '{"signature_name": "x", "examples": [{}]}',
      400,
      'signature key "x" not found',
    ],
    ["P30", "POST", `${ROOT_PATH}:classify`, '{"examples": []}', 400, "Input is empty"],
    ["a feature that is missing", "POST", `${ROOT_PATH}:regress`, '{"examples": [{"y": 1.0}]}', 400, 'the feature "x"'],
    ["a feature of integers", "POST", `${ROOT_PATH}:regress`, '{"examples": [{"x": 80}]}', 400, "need a point, as 8.0"],
    [
      "P36",
      "POST",
      `${ROOT_PATH}:multiInference`,
      '{"tasks": [{"signature_name": "x"}], "examples": [{}]}',
      400,
      "signature not found",
    ],
    [
      "P39, which is 400 here",
      "POST",
      `${ROOT_PATH}:multiInference`,
      '{"tasks": [{"method_name": "tensorflow/serving/predict"}], "examples": [{"x": 2.0}]}',
      400,
      "Unsupported signature",
    ],
  ])("refuses as in %s", async (_id, method, path, body, status, error) => {
    const answer = await ask(method, path, body);
    expect(answer).toMatchObject({ status, type: "application/json" });
    expect(JSON.parse(answer.text)).toEqual({ error: expect.stringContaining(error) });
  });

  it.each<[id: string, path: string, body: string, expected: string]>([
    ["G25", ":predict", '{"instances": [[1.0,2.0],[3.0,4.0]]}', '{"predictions":[[2.5,3.0],[3.5,4.0]]}'],
    ["G26", "/versions/123:predict", '{"instances": [1.0,2.0]}', '{"predictions":[2.5,3.0]}'],
    ["G27", "/labels/stable:predict", '{"instances": [1.0,2.0]}', '{"predictions":[2.5,3.0]}'],
    [
      "G28",
      "/versions/123:predict",
      '{"signature_name":"serving_default","instances":[3.0,4.0]}',
      '{"predictions":[3.5,4.0]}',
    ],
    [
      "G29",
      "/versions/123:predict",
      '{"signature_name":"serving_default","inputs":[3.0,4.0]}',
      '{"outputs":[3.5,4.0]}',
    ],
    ["X23, O08: a query, which is no fault here", ":predict?x=y", '{"instances": [1.0]}', '{"predictions":[2.5]}'],
    ["a scalar", ":predict", '{"inputs": 2}', '{"outputs":3.0}'],
    ["numbers that JSON cannot say", ":predict", '{"instances": [NaN, -Infinity]}', '{"predictions":[NaN,-Infinity]}'],
  ])("predicts as in %s", async (_id, path, body, expected) => {
    expect(await ask("POST", ROOT_PATH + path, body)).toEqual({
      status: 200,
      text: expected,
      type: "application/json",
    });
  });

  it.each<[id: string, path: string, body: string, expected: string]>([
    ["G30", ":regress", '{"examples":[{"x":80.0}]}', '{"results":[42.0]}'],
    ["G31", "/versions/123:regress", '{"examples":[{"x":80.0},{"x":2.0}]}', '{"results":[42.0,3.0]}'],
    ["G32", "/labels/stable:regress", '{"context":{"x":80.0},"examples":[{},{"x":2.0}]}', '{"results":[42.0,3.0]}'],
    ["G33", ":classify", '{"examples":[{"x":20.0}]}', '{"results":[[["",12.0]]]}'],
    ["G34", "/labels/stable:classify", '{"examples":[{"x":10.0,"unused":"y"}]}', '{"results":[[["",7.0]]]}'],
    [
      "P40",
      ":multiInference",
      '{"tasks":[{"method_name":"tensorflow/serving/regress"}],"examples":[{"x":2.0}]}',
      '{"results":[{"signature_name":"serving_default","method_name":"tensorflow/serving/regress","results":[3.0]}]}',
    ],
  ])("takes examples as in %s, which the signature parses", async (_id, path, body, expected) => {
    expect(await ask("POST", ROOT_PATH + path, body)).toEqual({
      status: 200,
      text: expected,
      type: "application/json",
    });
  });

  it.each<[id: string, path: string]>([
    ["G35, X31", ROOT_PATH],
    ["G36", `${ROOT_PATH}/versions/123`],
    ["G37", `${ROOT_PATH}/labels/stable`],
  ])("tells the status as in %s", async (_id, path) => {
    const { status, text } = await ask("GET", path);
    expect([status, JSON.parse(text)]).toEqual([200, AVAILABLE]);
  });

  it("lists the models, where G05 has an error", async () => {
    const { status, text } = await ask("GET", "/v1/models");
    expect([status, JSON.parse(text)]).toEqual([200, { models: [{ name: MODEL, ...AVAILABLE }] }]);
  });

  it("tells the signatures in the form of G38", async () => {
    const tensor = (name: string) => ({ dtype: "DT_FLOAT", tensor_shape: { dim: [], unknown_rank: true }, name });
    const { status, text } = await ask("GET", `${ROOT_PATH}/metadata`);
    expect([status, JSON.parse(text)]).toEqual([
      200,
      {
        model_spec: { name: MODEL, signature_name: "", version: "123" },
        metadata: {
          signature_def: {
            signature_def: {
              serving_default: {
                inputs: { x: tensor("x") },
                outputs: { y: tensor("y") },
                method_name: "tensorflow/serving/predict",
                defaults: {},
              },
            },
          },
        },
      },
    ]);
  });
});
