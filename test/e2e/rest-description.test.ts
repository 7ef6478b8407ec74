import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { ROOT } from "../architecture/source-files.js";
import { Serving, TemporaryFolder } from "./serving.js";

/** y = 0.5 x + 2, of any shape. */
const MODEL = join(ROOT, "plugins", "backend-onnx", "test", "models", "half-plus-two", "1");

interface Description {
  readonly externalDocs?: { readonly url: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

let folder: TemporaryFolder;
let serving: Serving;
let description: Description;
const ajv = new Ajv2020({ strict: false, allErrors: true });

beforeAll(async () => {
  folder = await TemporaryFolder.create();
  await mkdir(join(folder.path, "models", "half"), { recursive: true });
  await cp(MODEL, join(folder.path, "models", "half", "1"), { recursive: true });
  const config = `storage: { use: disk, root: ./models, settleMs: 0 }
monitors: [{ use: prometheus }]
models: { half: { labels: { stable: 1 } } }
`;
  serving = await Serving.start(config, join(folder.path, "config.yaml"));
  await vi.waitFor(() => expect(serving.server.models.readiness().ready).toBe(true));
  description = (await (await fetch(`${serving.url}/openapi.json`)).json()) as Description;
  (addFormats as unknown as (ajv: Ajv2020) => void)(ajv);
  ajv.addSchema(description as object, "api");
});

afterAll(async () => {
  await serving[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** What is wrong with a value, by the schema at `pointer` of the document. */
function faults(pointer: readonly string[], value: unknown): unknown {
  const escaped = pointer.map((key) => encodeURIComponent(key.replaceAll("~", "~0").replaceAll("/", "~1")));
  const validate = ajv.getSchema(`api#/${escaped.join("/")}`);
  if (validate === undefined) throw new Error(`There is no schema at ${pointer.join(" > ")}`);
  return validate(value) ? [] : validate.errors;
}

it("the description of the inference API is valid OpenAPI 3.1", async () => {
  const { valid, errors } = await new Validator().validate(JSON.parse(JSON.stringify(description)));
  expect([valid, errors]).toEqual([true, undefined]);
});

const REGRESS = "tensorflow/serving/regress";
const INFERENCE: readonly [verb: string, body: unknown][] = [
  ["predict", { instances: [{ x: 1 }, { x: 2.5 }] }],
  [
    "predict",
    {
      instances: [
        [1, 2],
        [3, 4],
      ],
    },
  ],
  ["predict", { inputs: { x: [1] }, signature_name: "serving_default" }],
  ["predict", { inputs: 1 }],
  ["classify", { examples: [{ x: 1.5 }, { x: [2.5], other: ["a", { b64: "YQ==" }] }] }],
  ["regress", { context: { x: 1.5, flag: true }, examples: [{}] }],
  ["multiInference", { tasks: [{ method_name: REGRESS }], examples: [{ x: 1.5 }] }],
];

it.each(INFERENCE)("describes :%s of %j and its answer", async (verb, body) => {
  for (const [path, url] of [
    ["/v1/models/{model}", "/v1/models/half"],
    ["/v1/models/{model}/versions/{version}", "/v1/models/half/versions/1"],
    ["/v1/models/{model}/labels/{label}", "/v1/models/half/labels/stable"],
  ] as const) {
    const operation = ["paths", `${path}:${verb}`, "post"];
    const schema = ["content", "application/json", "schema"];
    expect(faults([...operation, "requestBody", ...schema], body)).toEqual([]);
    const response = await fetch(`${serving.url}${url}:${verb}`, { method: "POST", body: JSON.stringify(body) });
    expect(response.status).toBe(200);
    expect(faults([...operation, "responses", "200", ...schema], await response.json())).toEqual([]);
    const wrong = await fetch(`${serving.url}${url}:${verb}`, { method: "POST", body: "{}" });
    expect(wrong.status).toBe(400);
    expect(faults([...operation, "responses", "default", ...schema], await wrong.json())).toEqual([]);
  }
});

it("has the public routes of other plugins, and leads to the description of their management routes", async () => {
  expect(description.paths["/metrics"]).toMatchObject({
    get: { summary: expect.stringContaining("Metrics"), responses: { 200: { content: { "text/plain": {} } } } },
  });
  expect(Object.keys(description.paths).filter((path) => path.startsWith("/api"))).toEqual([]);
  const { url } = description.externalDocs ?? { url: "" };
  expect((await fetch(serving.url + url)).status).toBe(200);
});

it("describes an inference by the Open Inference Protocol and its answer", async () => {
  const body = { id: "a", inputs: [{ name: "x", datatype: "FP32", shape: [2], data: [1, 2] }] };
  const operation = ["paths", "/v2/models/{model}/infer", "post"];
  const schema = ["content", "application/json", "schema"];
  expect(faults([...operation, "requestBody", ...schema], body)).toEqual([]);
  const url = `${serving.url}/v2/models/half/infer`;
  const response = await fetch(url, { method: "POST", body: JSON.stringify(body) });
  expect(response.status).toBe(200);
  expect(faults([...operation, "responses", "200", ...schema], await response.json())).toEqual([]);
  const wrong = await fetch(url, { method: "POST", body: "{}" });
  expect(faults([...operation, "responses", "default", ...schema], await wrong.json())).toEqual([]);
});

it("describes the answers of all else that it has", async () => {
  const asked = { model: "half", version: "1", label: "stable" };
  for (const [path, item] of Object.entries(description.paths)) {
    if (item.get === undefined || path === "/openapi.json" || path === "/metrics") continue;
    const url = Object.entries(asked).reduce((filled, [name, value]) => filled.replace(`{${name}}`, value), path);
    const response = await fetch(serving.url + url);
    expect([path, response.status]).toEqual([path, 200]);
    const pointer = ["paths", path, "get", "responses", "200", "content", "application/json", "schema"];
    expect(faults(pointer, await response.json())).toEqual([]);
  }
});
