import { existsSync } from "node:fs";
import { cp, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ModelServiceDefinition } from "@plinth/protobuf-messages/tensorflow_serving/model_service";
import {
  type GetModelMetadataResponse,
  PredictionServiceDefinition,
} from "@plinth/protobuf-messages/tensorflow_serving/prediction_service";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { PACKAGES } from "../architecture/source-files.js";
import { floats, ServingClient } from "../serving-client.js";
import { Serving, TemporaryFolder } from "./serving.js";

/** TensorFlow Serving's own test models, on which its own test of the whole server runs. */
const MODELS = fileURLToPath(
  new URL("../../../shared/testdata/tensorflow_serving/servables/tensorflow/testdata/", import.meta.url),
);

const isThere = existsSync(MODELS) && PACKAGES.includes("plugins/backend-tfjs");
if (!isThere) process.stderr.write(`\nSKIPPED: TensorFlow Serving's test of the whole server: no ${MODELS}\n`);

const AVAILABLE = 30;

/** What the test of TensorFlow Serving asks of `half_plus_two`, once as TensorFlow 1 wrote it and once as TensorFlow 2 did. */
describe.skipIf(!isThere).each(["cpu", "tf2_cpu"])(
  "a whole server of TensorFlow Serving's half_plus_two, %s",
  (exporter) => {
    let folder: TemporaryFolder;
    let serving: Serving;
    let client: ServingClient;

    beforeAll(async () => {
      folder = await TemporaryFolder.create();
      const models = join(folder.path, "models");
      await mkdir(models);
      await cp(join(MODELS, `saved_model_half_plus_two_${exporter}`), join(models, "default"), { recursive: true });
      await cp(join(MODELS, "saved_model_counter"), join(models, "counter"), { recursive: true });
      serving = await Serving.start(
        `storage: { use: disk, root: ./models, settleMs: 0 }
backends: [{ use: tfjs }]
protocols: [{ use: rest, port: 0 }, { use: grpc, port: shared }]
`,
        join(folder.path, "config.yaml"),
      );
      const ready = () => expect(serving.server.models.readiness()).toEqual({ ready: true, reasons: [] });
      await vi.waitFor(ready, { timeout: 50_000 });
      client = new ServingClient(serving.server.endpoints[1]?.url ?? "");
    }, 60_000);

    afterAll(async () => {
      client?.[Symbol.dispose]();
      await serving?.[Symbol.asyncDispose]();
      await folder?.[Symbol.asyncDispose]();
    });

    it("H02 tells the status over gRPC", async () => {
      const { getModelStatus } = ModelServiceDefinition.methods;
      const { modelVersionStatus } = await client.call(ModelServiceDefinition, getModelStatus, {
        modelSpec: { name: "default" },
      });
      expect(modelVersionStatus).toEqual([
        { version: 123n, state: AVAILABLE, status: { errorCode: 0, errorMessage: "" } },
      ]);
    });

    it("H03 tells the signatures over gRPC", async () => {
      const { getModelMetadata } = PredictionServiceDefinition.methods;
      const answer: GetModelMetadataResponse = await client.call(PredictionServiceDefinition, getModelMetadata, {
        modelSpec: { name: "default" },
        metadataField: ["signature_def"],
      });
      expect(answer.modelSpec).toMatchObject({ name: "default", versionChoice: { $case: "version", value: 123n } });
      expect([...answer.metadata.keys()]).toEqual(["signature_def"]);
    });

    it.each<[shape: readonly number[], filter: readonly string[]]>([
      [[1], ["y"]],
      [[1, 1], []],
      [[], ["y"]],
    ])("H07 predicts over gRPC, of the shape %j, with the filter %j", async (shape, outputFilter) => {
      const { predict } = PredictionServiceDefinition.methods;
      const answer = await client.call(PredictionServiceDefinition, predict, {
        modelSpec: { name: "default", signatureName: "serving_default" },
        inputs: new Map([["x", floats([2], ...shape)]]),
        outputFilter,
      });
      expect(answer.outputs).toEqual(new Map([["y", floats([3], ...shape)]]));
      expect(answer.modelSpec).toEqual({
        name: "default",
        signatureName: "serving_default",
        versionChoice: { $case: "version", value: 123n },
      });
    });

    it.each<[id: string, body: string, expected: object]>([
      ["H16", '{"instances": [2.0, 3.0, 4.0]}', { predictions: [3, 3.5, 4] }],
      ["H17", '{"inputs": [2.0, 3.0, 4.0]}', { outputs: [3, 3.5, 4] }],
    ])("%s predicts over REST", async (_id, body, expected) => {
      const { status, text } = await serving.predict("default", body);
      expect([status, JSON.parse(text)]).toEqual([200, expected]);
    });

    it("H18 tells the status over REST", async () => {
      const status = { error_code: "OK", error_message: "" };
      expect(await (await fetch(`${serving.url}/v1/models/default`)).json()).toEqual({
        model_version_status: [{ version: "123", state: "AVAILABLE", status }],
      });
    });

    it.skipIf(exporter !== "cpu")("H19 tells the signatures over REST", async () => {
      const told = await (await fetch(`${serving.url}/v1/models/default/metadata`)).json();
      const golden = JSON.parse(await readFile(join(MODELS, "half_plus_two_model_metadata.json"), "utf8"));
      expect(told).toEqual({ ...golden, model_spec: { ...golden.model_spec, name: "default" } });
    });

    it("P12, H24 keep state between calls, of several signatures", async () => {
      const call = async (signature: string, inputs = "{}") => {
        const body = `{"signature_name": "${signature}", "inputs": ${inputs}}`;
        return JSON.parse((await serving.predict("counter", body)).text);
      };
      expect(await call("reset_counter")).toEqual({ outputs: 0 });
      expect(await call("incr_counter")).toEqual({ outputs: 1 });
      expect(await call("incr_counter_by", "3.0")).toEqual({ outputs: 4 });
      expect(await call("get_counter")).toEqual({ outputs: 4 });
    });
  },
);
