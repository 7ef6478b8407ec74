import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readSavedModel } from "@plinth/saved-model";
import { describe, expect, it } from "vitest";
import { faultsOf } from "./test-models.js";

const TESTDATA = fileURLToPath(new URL("../../../../shared/testdata/", import.meta.url));
const SERVABLES = "tensorflow_serving/servables/tensorflow/testdata";

/** Of each model its signatures, and those that are refused for a reason. */
const MODELS: readonly (readonly [
  folder: string,
  signatures: readonly string[],
  refused: Readonly<Record<string, string>>,
])[] = [
  ["savedmodel/cnn/1", ["serve", "serving_default"], {}],
  ["savedmodel/dtypes/1", ["serving_default"], {}],
  ["savedmodel/loop/1", ["serving_default"], {}],
  ["savedmodel/mlp/1", ["serve", "serving_default"], {}],
  ["savedmodel/multi_signature/1", ["add", "serving_default"], {}],
  ["savedmodel/resnet_small/1", ["serve", "serving_default"], {}],
  ["savedmodel/strings/1", ["serving_default"], {}],
  ["savedmodel/tf1_examples/1", ["classify", "regress"], { serving_default: "INPUT_NOT_FED" }],
  ["tensorflow_serving/batching/testdata/matrix_half_plus_two/1", ["serving_default"], {}],
  [
    `${SERVABLES}/saved_model_counter/00000123`,
    ["get_counter", "incr_counter", "incr_counter_by", "reset_counter"],
    {},
  ],
  [`${SERVABLES}/saved_model_half_plus_three/00000123`, ["serving_default", "tensorflow/serving/regress"], {}],
  ...["2_versions", "cpu", "gpu", "gpu_trt", "mkl", "mlmd", "tf2_cpu"].map(
    (name) =>
      [
        `${SERVABLES}/saved_model_half_plus_two_${name}/00000123`,
        expect.arrayContaining(["serving_default", "regress_x_to_y"]),
        {},
      ] as const,
  ),
];

describe.skipIf(!existsSync(TESTDATA))(
  "models of others (skipped where ../shared/testdata is not beside the checkout)",
  () => {
    it.each(MODELS)("%s is read", async (folder, signatures, refused) => {
      const model = await readSavedModel(join(TESTDATA, folder));
      expect([...model.signatures.keys()]).toEqual(signatures);
      expect(Object.fromEntries([...model.refused].map(([name, { reason }]) => [name, reason]))).toEqual(refused);
      expect([...model.signatures.values()].flatMap(faultsOf)).toEqual([]);
    });

    it("a version whose graph is missing is told", async () => {
      const folder = join(TESTDATA, SERVABLES, "tf_text_regression/01");
      await expect(readSavedModel(folder)).rejects.toMatchObject({ reason: "FILE_MISSING" });
    });

    it("a value that the checkpoint holds is kept where the model would initialise it anew", async () => {
      const { resources } = await readSavedModel(join(TESTDATA, SERVABLES, "saved_model_half_plus_two_mkl/00000123"));
      expect([...resources]).toEqual([]);
    });
  },
);
