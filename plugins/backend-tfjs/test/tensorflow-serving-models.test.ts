import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Tensor } from "@plinth/core";
import { Example } from "@plinth/protobuf-messages/tensorflow/example";
import { describe, expect, it } from "vitest";
import { createBackend, ENGINE, load, run, SHARED_MODELS, versionOf } from "./loading.js";

const ROOT = join(SHARED_MODELS, "tensorflow_serving");
const SERVABLES = "servables/tensorflow/testdata/";
const X = float32([1, 2, 5], [3, 1]);
const EXAMPLES = examples([1, 2, 5]);
const HALF_PLUS_TWO = [2.5, 3, 4.5];
const HALF_PLUS_THREE = [3.5, 4, 5.5];

type Run = readonly [
  signature: string,
  inputs: Readonly<Record<string, Tensor>>,
  output: string,
  values: readonly number[],
];

const HALF_PLUS_TWO_RUNS: readonly Run[] = [
  ["serving_default", { x: X }, "y", HALF_PLUS_TWO],
  ["classify_x_to_y", { inputs: EXAMPLES }, "scores", HALF_PLUS_TWO],
  ["regress_x_to_y", { inputs: EXAMPLES }, "outputs", HALF_PLUS_TWO],
  ["regress_x_to_y2", { inputs: EXAMPLES }, "outputs", HALF_PLUS_THREE],
  ["regress_x2_to_y3", { inputs: X }, "outputs", HALF_PLUS_THREE],
];

describe.skipIf(!existsSync(ROOT))(
  `TensorFlow Serving's own models on ${ENGINE} (skipped where ../shared/testdata is not beside the checkout)`,
  () => {
    it.each<[string, readonly Run[]]>([
      ["saved_model_half_plus_two_cpu", HALF_PLUS_TWO_RUNS],
      ["saved_model_half_plus_two_2_versions", HALF_PLUS_TWO_RUNS],
      ["saved_model_half_plus_two_tf2_cpu", HALF_PLUS_TWO_RUNS],
      ["saved_model_half_plus_two_cpu_with_saved_model_config", HALF_PLUS_TWO_RUNS],
      ["saved_model_half_plus_two_cpu_with_empty_saved_model_config", HALF_PLUS_TWO_RUNS],
      ["saved_model_half_plus_two_gpu", HALF_PLUS_TWO_RUNS],
      ["saved_model_half_plus_two_gpu_trt", HALF_PLUS_TWO_RUNS],
      ["saved_model_half_plus_two_mlmd", HALF_PLUS_TWO_RUNS],
      ["saved_model_half_plus_two_mkl", HALF_PLUS_TWO_RUNS.slice(0, 3)],
      [
        "saved_model_half_plus_three",
        [
          ["serving_default", { x: float32([1, 2, 5], [3]) }, "y", HALF_PLUS_THREE],
          ["tensorflow/serving/regress", { inputs: EXAMPLES }, "outputs", HALF_PLUS_THREE],
        ],
      ],
    ])("%s", async (name, runs) => {
      const model = await load(join(ROOT, SERVABLES, name, "00000123"));
      for (const [signature, inputs, output, values] of runs) {
        const answer = await run(model, signature, new Map(Object.entries(inputs)));
        expect([...(answer.get(output)?.data ?? [])], signature).toEqual(values);
      }
    });

    it("matrix_half_plus_two, which has no variables", async () => {
      const model = await load(join(ROOT, "batching/testdata/matrix_half_plus_two/1"));
      const x = float32([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3]);
      const answer = await run(model, "serving_default", new Map([["x", x]]));
      expect(answer.get("y")).toEqual(float32([2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5], [1, 3, 3]));
    });

    it("saved_model_counter counts across its signatures, from 0 also after a warm-up", async () => {
      const model = await load(join(ROOT, SERVABLES, "saved_model_counter/00000123"));
      await model.warmUp?.({ signal: new AbortController().signal });
      const count = async (signature: string, delta?: number) => {
        const inputs = new Map(delta === undefined ? [] : [["delta", float32([delta], [])]]);
        return (await run(model, signature, inputs)).get("output");
      };
      expect(await count("get_counter")).toEqual(float32([0], []));
      expect(await count("incr_counter")).toEqual(float32([1], []));
      expect(await count("reset_counter")).toEqual(float32([0], []));
      expect(await count("incr_counter")).toEqual(float32([1], []));
      expect(await count("incr_counter_by", 3)).toEqual(float32([4], []));
    });

    it("the method names of classify and regress are kept", async () => {
      const model = await load(join(ROOT, SERVABLES, "saved_model_half_plus_two_cpu/00000123"));
      const methods = [...model.signatures].map(([name, { method }]) => [name.split("_")[0], method]);
      expect(new Set(methods.map(([name, method]) => `${name} ${method}`))).toEqual(
        new Set([
          "classify tensorflow/serving/classify",
          "regress tensorflow/serving/regress",
          "serving tensorflow/serving/predict",
        ]),
      );
    });

    it.each([
      "servables/tensorflow/testdata/bad_half_plus_two/00000123",
      "servables/tensorflow/testdata/tf_text_regression/01",
      "servables/tensorflow/testdata/saved_model_half_plus_two_tflite/00000123",
      "session_bundle/testdata/half_plus_two/00000123",
    ])("%s is no model that is recognized", (path) => {
      expect(createBackend().recognizes(versionOf(join(ROOT, path)).files)).toBe(false);
    });
  },
);

function float32(values: readonly number[], shape: readonly number[]): Tensor<"float32"> {
  return { dtype: "float32", shape, data: Float32Array.from(values) };
}

/** With `x` and `x2`, as the models parse them. */
function examples(values: readonly number[]): Tensor<"string"> {
  const feature = (value: number) => ({ kind: { $case: "floatList" as const, value: { value: [value] } } });
  const data = values.map((value) =>
    Example.encode({
      features: {
        feature: new Map([
          ["x", feature(value)],
          ["x2", feature(value)],
        ]),
      },
    }).finish(),
  );
  return { dtype: "string", shape: [data.length], data };
}
