import { existsSync } from "node:fs";
import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { ROOT } from "../architecture/source-files.js";
import { Serving, TemporaryFolder } from "./serving.js";

const TRITON = fileURLToPath(new URL("../../../shared/testdata/triton/", import.meta.url));

/** y = x times [[1, 2], [3, 4]], of any number of rows. */
const MATMUL = join(ROOT, "plugins", "backend-onnx", "test", "models", "matmul.onnx");

const CONFIG = "storage: { use: disk, root: ., settleMs: 0 }\ntriton-repository: {}\n";

async function serve(folder: TemporaryFolder, models = ""): Promise<Serving> {
  return Serving.start(`${CONFIG}${models}`, join(folder.path, "config.yaml"));
}

async function matmul(folder: TemporaryFolder, description: string): Promise<void> {
  await mkdir(join(folder.path, "matmul", "1"), { recursive: true });
  await cp(MATMUL, join(folder.path, "matmul", "1", "model.onnx"));
  await writeFile(join(folder.path, "matmul", "config.pbtxt"), description);
}

function why(serving: Serving, model: string): string | undefined {
  const status = serving.server.models.status(model);
  return status?.error?.message ?? status?.versions[0]?.error?.message;
}

describe("a model repository of Triton's", () => {
  it("is served with the shapes, the largest batch and the warm-up of its config.pbtxt", async () => {
    await using folder = await TemporaryFolder.create();
    await matmul(
      folder,
      `max_batch_size: 2
input { name: "x" data_type: TYPE_FP32 dims: [ 2, 1 ] reshape { shape: [ 2 ] } }
output { name: "y" data_type: TYPE_FP32 dims: [ 2 ] }
model_warmup { name: "zeros" batch_size: 2 inputs { key: "x" value { data_type: TYPE_FP32 dims: [ 2, 1 ] zero_data: true } } }`,
    );
    await using serving = await serve(folder);
    expect(await serving.predict("matmul", '{"instances":[[[1],[1]]]}')).toMatchObject({
      status: 200,
      text: '{"predictions":[[4.0,6.0]]}',
    });
    expect(await serving.predict("matmul", '{"instances":[[1,1]]}')).toMatchObject({
      status: 400,
      text: expect.stringContaining("[-1,2,1]"),
    });
    expect(await serving.predict("matmul", '{"instances":[[[1],[1]],[[1],[1]],[[1],[1]]]}')).toMatchObject({
      status: 400,
      text: expect.stringContaining("2"),
    });
  });

  it("has the file as the model that its config.pbtxt names, and says where there is none", async () => {
    await using folder = await TemporaryFolder.create();
    for (const [model, named] of Object.entries({ good: "net.onnx", gone: "other.onnx", odd: "notes.txt" })) {
      const version = join(folder.path, model, "1");
      await mkdir(version, { recursive: true });
      await writeFile(join(folder.path, model, "config.pbtxt"), `default_model_filename: "${named}"`);
      await cp(MATMUL, join(version, "net.onnx"));
      for (const file of ["model.onnx", "notes.txt"]) await writeFile(join(version, file), "not the model");
    }
    await using serving = await serve(folder);
    expect((await serving.predict("good", '{"instances":[[1,1]]}')).text).toBe('{"predictions":[[4.0,6.0]]}');
    const config = await (await fetch(`${serving.url}/v2/models/good/config`)).json();
    expect(config).toMatchObject({ default_model_filename: "net.onnx" });
    expect(why(serving, "gone")).toMatch(/config\.pbtxt:1:25: expected a file of the version, got "other\.onnx"/);
    expect(why(serving, "odd")).toMatch(/No backend takes .*config\.pbtxt:1:25 says that "notes\.txt" is the model/);
  });

  it("says where its config.pbtxt contradicts the model, and serves it once that is mended", async () => {
    await using folder = await TemporaryFolder.create();
    await matmul(folder, 'input { name: "w" data_type: TYPE_FP32 dims: [ -1, 2 ] }');
    await using serving = await serve(folder);
    expect(why(serving, "matmul")).toMatch(/config\.pbtxt:1:7: the model has no input "w"/);
    await rm(join(folder.path, "matmul", "config.pbtxt"));
    await serving.server.reload();
    await serving.server.settled();
    expect((await serving.predict("matmul", '{"instances":[[1,1]]}')).status).toBe(200);
  });

  it("tells all that is known of its configuration, as it is in force", async () => {
    await using folder = await TemporaryFolder.create();
    await matmul(
      folder,
      `max_batch_size: 2
input { name: "x" data_type: TYPE_FP32 dims: [ 2, 1 ] reshape { shape: [ 2 ] } }
output { name: "y" data_type: TYPE_FP32 dims: [ 2 ] label_filename: "labels.txt" }
dynamic_batching { max_queue_delay_microseconds: 500 default_queue_policy { max_queue_size: 9 } }
parameters { key: "k" value { string_value: "v" } }`,
    );
    await writeFile(join(folder.path, "matmul", "labels.txt"), "cat\ndog\n");
    await using serving = await serve(folder, "models: { matmul: { versions: [1] } }\n");
    const response = await fetch(`${serving.url}/v2/models/matmul/config`);
    expect(await response.json()).toEqual({
      name: "matmul",
      platform: "onnxruntime_onnx",
      backend: "onnx",
      version_policy: { specific: { versions: ["1"] } },
      max_batch_size: 2,
      input: [{ name: "x", data_type: "TYPE_FP32", dims: [2, 1], reshape: { shape: [2] } }],
      output: [{ name: "y", data_type: "TYPE_FP32", dims: [2], label_filename: "labels.txt" }],
      dynamic_batching: {
        preferred_batch_size: [],
        max_queue_delay_microseconds: 500,
        default_queue_policy: { max_queue_size: 9 },
      },
      instance_group: [{ name: "matmul", kind: "KIND_CPU", count: 1 }],
      parameters: { k: { string_value: "v" } },
      model_transaction_policy: { decoupled: false },
    });
    const body = {
      inputs: [{ name: "x", shape: [1, 2, 1], datatype: "FP32", data: [1, 1] }],
      outputs: [{ name: "y", parameters: { classification: 2 } }],
    };
    const classified = await fetch(`${serving.url}/v2/models/matmul/infer`, {
      method: "POST",
      body: JSON.stringify(body),
    });
    const { outputs } = (await classified.json()) as { readonly outputs: readonly { readonly data: unknown }[] };
    expect(outputs[0]?.data).toEqual(["6.000000:1:dog", "4.000000:0:cat"]);
  });

  it("gives way to what config.yaml says", async () => {
    await using folder = await TemporaryFolder.create();
    await matmul(folder, "max_batch_size: 1");
    await using serving = await serve(folder, "models: { matmul: { batching: { maxBatchSize: 8 } } }\n");
    expect((await serving.predict("matmul", '{"instances":[[1,1],[1,1],[1,1]]}')).status).toBe(200);
  });
});

describe.skipIf(!existsSync(TRITON))(
  "Triton's own repositories (skipped where ../shared/testdata is not beside the checkout)",
  () => {
    it("are served as they are, but for models that need sequences", async () => {
      await using folder = await TemporaryFolder.create();
      await cp(join(TRITON, "model_repository"), folder.path, { recursive: true });
      await using serving = await serve(folder);
      const ones = JSON.stringify({ inputs: { INPUT0: [Array(16).fill(2)], INPUT1: [Array(16).fill(1)] } });
      for (const model of ["simple", "simple_int8"]) {
        const { outputs } = JSON.parse((await serving.predict(model, ones)).text);
        expect(outputs).toEqual({ OUTPUT0: [Array(16).fill(3)], OUTPUT1: [Array(16).fill(1)] });
      }
      expect(why(serving, "simple_string")).toBeUndefined();
      for (const model of ["simple_sequence", "simple_dyna_sequence"]) {
        expect(why(serving, model)).toMatch(/config\.pbtxt:\d+:1: sequence_batching/);
      }
    });

    it.each([
      ["bad_input_dims", /input "INPUT0" has the shape \[-1,16\] in the model, which \[-1,16,1\] does not fit/],
      ["bad_max_batch_size", /input "INPUT0" has the shape \[16\] in the model, which \[-1,16\] does not fit/],
      ["bad_output_dims", /output "OUTPUT1" has the shape \[-1,16\] in the model, which \[-1,1\] does not fit/],
      ["too_few_inputs", /the model also takes the inputs "INPUT0"/],
      ["too_many_inputs", /the model has no input "INPUT_EXTRA"/],
      ["unknown_input", /the model has no input "INPUT_UNKNOWN"/],
      ["unknown_output", /the model has no output "OUTPUT_UNKNOWN"/],
    ])("%s is refused with its line", async (model, message) => {
      await using folder = await TemporaryFolder.create();
      await cp(join(TRITON, "L0_model_config/autofill_noplatform/onnx", model), join(folder.path, model), {
        recursive: true,
      });
      await using serving = await serve(folder);
      expect(why(serving, model)).toMatch(message);
    });

    it("empty_config is completed from the model", async () => {
      await using folder = await TemporaryFolder.create();
      const model = join(TRITON, "L0_model_config/autofill_noplatform_success/onnx/empty_config");
      await cp(model, join(folder.path, "empty_config"), { recursive: true });
      await writeFile(join(folder.path, "empty_config", "config.pbtxt"), "");
      await using serving = await serve(folder);
      const rows = (count: number) => Array.from({ length: count }, () => Array(16).fill(1));
      const body = (count: number) => JSON.stringify({ inputs: { INPUT0: rows(count), INPUT1: rows(count) } });
      expect((await serving.predict("empty_config", body(4))).status).toBe(200);
      expect((await serving.predict("empty_config", body(5))).status).toBe(400);
    });
  },
);
