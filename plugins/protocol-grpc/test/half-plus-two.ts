import { PREDICT_METHOD, type Signature, type Tensor, type VersionStatus } from "@plinth/core";
import type { ServedFunction, ServedModel } from "./functions-server.js";

export const VERSION = 123n;

/** TensorFlow's `half_plus_two` in two versions, as far as these tests ask it, with the labels `stable` and `canary`. */
export function halfPlusTwo(model = "half_plus_two"): ServedModel {
  return {
    status: {
      model,
      versions: [version(VERSION), version(122n)],
      labels: new Map([
        ["stable", VERSION],
        ["canary", 122n],
      ]),
    },
    functions: new Map([
      ["serving_default", linear("x", "y", 2, PREDICT_METHOD)],
      ["regress_x2_to_y3", linear("inputs", "outputs", 3, "tensorflow/serving/regress")],
      ["classify_x2_to_y3", linear("inputs", "scores", 3, "tensorflow/serving/classify")],
    ]),
  };
}

/** A counter, whose signatures but for one take nothing. */
export function counter(): ServedModel {
  let count = 0;
  const counting = (next: (delta: number) => number, inputs: Signature["inputs"] = new Map()): ServedFunction => ({
    signature: {
      inputs,
      outputs: new Map([["output", { dtype: "float32", shape: [] }]]),
      method: PREDICT_METHOD,
      shapes: "advisory",
    },
    run: (tensors) => {
      count = next(Number(tensors.get("delta")?.data[0] ?? 0));
      return new Map<string, Tensor>([["output", { dtype: "float32", shape: [], data: Float32Array.of(count) }]]);
    },
  });
  return {
    status: { model: "counter", versions: [version(VERSION)], labels: new Map() },
    functions: new Map([
      ["get_counter", counting(() => count)],
      ["incr_counter", counting(() => count + 1)],
      ["reset_counter", counting(() => 0)],
      ["incr_counter_by", counting((delta) => count + delta, new Map([["delta", { dtype: "float32", shape: [] }]]))],
    ]),
  };
}

export function version(number: bigint, rest: Partial<VersionStatus> = {}): VersionStatus {
  return { version: number, state: "available", sinceMs: 0, ...rest };
}

/** `0.5 x + offset` in whatever shape comes. */
function linear(input: string, output: string, offset: number, method: string): ServedFunction {
  return {
    signature: {
      inputs: new Map([[input, { dtype: "float32", shape: [-1, 1], graphName: `${input}:0` }]]),
      outputs: new Map([[output, { dtype: "float32", shape: undefined }]]),
      method,
      shapes: "advisory",
    },
    run: (inputs) => {
      const { shape, data } = inputs.get(input) as Tensor<"float32">;
      return new Map<string, Tensor>([[output, { dtype: "float32", shape, data: data.map((x) => x / 2 + offset) }]]);
    },
  };
}
