import { existsSync } from "node:fs";
import { cp, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Feature } from "@plinth/protobuf-messages/tensorflow/example";
import {
  ClassificationRequest,
  type Input,
  MultiInferenceRequest,
  RegressionRequest,
} from "@plinth/protobuf-messages/tensorflow_serving/prediction_service";
import { CLASSIFY_METHOD, REGRESS_METHOD } from "@plinth/tf-example";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { PACKAGES } from "../architecture/source-files.js";
import { PredictionClient } from "./prediction-client.js";
import { Serving, TemporaryFolder } from "./serving.js";

/** SavedModels that TensorFlow exported, with what it makes of some examples itself, and TensorFlow Serving's own test models. */
const TESTDATA = fileURLToPath(new URL("../../../shared/testdata/", import.meta.url));
const EXAMPLES = join(TESTDATA, "savedmodel", "tf1_examples");
const HALVES = join(TESTDATA, "tensorflow_serving", "servables", "tensorflow", "testdata");

const isThere = existsSync(EXAMPLES) && existsSync(HALVES) && PACKAGES.includes("plugins/backend-tfjs");
if (!isThere) {
  process.stderr.write(`\nSKIPPED: SavedModels that parse examples: no ${TESTDATA}, or no backend that runs them\n`);
}

interface Golden {
  readonly examples: readonly { readonly x: readonly number[]; readonly n?: number }[];
  readonly classes: readonly string[];
  readonly scores: readonly (readonly number[])[];
  readonly regress: readonly number[];
}

const near = (value: number) => expect.closeTo(value, 4);
const spec = (name: string, signatureName: string) => ({ name, signatureName, versionChoice: undefined });

describe.skipIf(!isThere)("SavedModels that parse examples", () => {
  let folder: TemporaryFolder;
  let serving: Serving;
  let client: PredictionClient;
  let golden: Golden;

  beforeAll(async () => {
    golden = (JSON.parse(await readFile(join(EXAMPLES, "golden.json"), "utf8")) as { classify: Golden }).classify;
    folder = await TemporaryFolder.create();
    const models = join(folder.path, "models");
    await mkdir(join(models, "examples"), { recursive: true });
    await cp(join(EXAMPLES, "1"), join(models, "examples", "1"), { recursive: true });
    for (const exporter of ["cpu", "tf2_cpu"]) {
      await cp(join(HALVES, `saved_model_half_plus_two_${exporter}`), join(models, exporter), { recursive: true });
    }
    serving = await Serving.start(
      `storage: { use: disk, root: ./models, settleMs: 0 }
backends: [{ use: tfjs }]
protocols: [{ use: rest, port: 0 }, { use: grpc, port: 0 }]
`,
      join(folder.path, "config.yaml"),
    );
    const ready = () => expect(serving.server.models.readiness()).toEqual({ ready: true, reasons: [] });
    await vi.waitFor(ready, { timeout: 50_000 });
    client = new PredictionClient(serving.server.endpoints.find(({ url }) => url.startsWith("grpc:"))?.url ?? "");
  }, 60_000);

  afterAll(async () => {
    client?.[Symbol.dispose]();
    await serving?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  async function ask(path: string, body: string): Promise<unknown> {
    const response = await fetch(`${serving.url}/v1/models/${path}`, { method: "POST", body });
    const answer = (await response.json()) as { readonly results?: unknown };
    expect([response.status, answer]).toEqual([200, { results: expect.anything() }]);
    return answer.results;
  }

  describe("with a feature that may be missing", () => {
    /** The golden's examples in JSON, floats as such. */
    function examplesJson(): string {
      const examples = golden.examples.map(({ x, n }) => {
        const floats = x.map((value) => value.toExponential()).join();
        return `{"x":[${floats}]${n === undefined ? "" : `,"n":${n}`}}`;
      });
      return `"examples":[${examples.join()}]`;
    }

    function input(): Input {
      const examples = golden.examples.map(({ x, n }) => {
        const feature = new Map<string, Feature>([["x", { kind: { $case: "floatList", value: { value: [...x] } } }]]);
        if (n !== undefined) feature.set("n", { kind: { $case: "int64List", value: { value: [BigInt(n)] } } });
        return { features: { feature } };
      });
      return { kind: { $case: "exampleList", value: { examples } } };
    }

    it("are answered over REST as TensorFlow does", async () => {
      const scores = golden.scores.map((row) => row.map((score, index) => [golden.classes[index], near(score)]));
      const values = golden.regress.map(near);
      const examples = examplesJson();
      expect(await ask("examples:classify", `{"signature_name":"classify",${examples}}`)).toEqual(scores);
      expect(await ask("examples:regress", `{"signature_name":"regress",${examples}}`)).toEqual(values);
      const tasks = '"tasks":[{"signature_name":"regress"},{"signature_name":"classify"}]';
      expect(await ask("examples:multiInference", `{${tasks},${examples}}`)).toEqual([
        { signature_name: "regress", method_name: REGRESS_METHOD, results: values },
        { signature_name: "classify", method_name: CLASSIFY_METHOD, results: scores },
      ]);
    });

    it("are answered over gRPC as TensorFlow does", async () => {
      const classifying = ClassificationRequest.create({ modelSpec: spec("examples", "classify"), input: input() });
      const { result: classes } = await client.classify(classifying);
      expect(classes?.classifications).toEqual(
        golden.scores.map((row) => ({
          classes: row.map((score, index) => ({ label: golden.classes[index], score: near(score) })),
        })),
      );
      const regressing = RegressionRequest.create({ modelSpec: spec("examples", "regress"), input: input() });
      const { result: values } = await client.regress(regressing);
      expect(values?.regressions).toEqual(golden.regress.map((value) => ({ value: near(value) })));
    });
  });

  describe.each([
    ["cpu", "TensorFlow 1"],
    ["tf2_cpu", "TensorFlow 2"],
  ])("half_plus_two_%s, of %s", (model) => {
    function input(x: number): Input {
      const feature = new Map<string, Feature>([["x", { kind: { $case: "floatList", value: { value: [x] } } }]]);
      return { kind: { $case: "exampleList", value: { examples: [{ features: { feature } }] } } };
    }

    it("G30 G33 H14 H15 over REST", async () => {
      expect(await ask(`${model}:regress`, '{"signature_name":"regress_x_to_y","examples":[{"x":80.0}]}')).toEqual([
        42,
      ]);
      const body = '{"signature_name":"classify_x_to_y","examples":[{"x":20.0},{"x":10.0}]}';
      expect(await ask(`${model}/versions/123:classify`, body)).toEqual([[["", 12]], [["", 7]]]);
    });

    it("H04 over gRPC", async () => {
      const request = ClassificationRequest.create({ modelSpec: spec(model, "classify_x_to_y"), input: input(2) });
      expect((await client.classify(request)).result?.classifications).toEqual([
        { classes: [{ label: "", score: 3 }] },
      ]);
    });

    it("H05 over gRPC", async () => {
      const request = RegressionRequest.create({ modelSpec: spec(model, "regress_x_to_y"), input: input(2) });
      expect((await client.regress(request)).result?.regressions).toEqual([{ value: 3 }]);
    });

    it("H06 over gRPC", async () => {
      const tasks = [
        { modelSpec: spec(model, "regress_x_to_y"), methodName: REGRESS_METHOD },
        { modelSpec: spec(model, "classify_x_to_y"), methodName: CLASSIFY_METHOD },
      ];
      const { results } = await client.multiInference(MultiInferenceRequest.create({ tasks, input: input(2) }));
      expect(results.map(({ result }) => result?.value)).toEqual([
        { regressions: [{ value: 3 }] },
        { classifications: [{ classes: [{ label: "", score: 3 }] }] },
      ]);
    });
  });

  it("say which feature is missing", async () => {
    const body = '{"signature_name":"regress_x_to_y","examples":[{"y":80.0}]}';
    const response = await fetch(`${serving.url}/v1/models/cpu:regress`, { method: "POST", body });
    expect([response.status, await response.json()]).toEqual([400, { error: expect.stringContaining("x") }]);
  });
});
