import { Backend, definePlugin } from "@plinth/core";
import { z } from "zod";

// A backend of models that are asked in each way that there is. A model is a file `ways.json`.

const CLASSES = ["cat", "dog"];

const SIGNATURES = new Map([
  [
    "kind",
    {
      inputs: new Map([["weights", { dtype: "float32", shape: [-1, 2] }]]),
      outputs: new Map([
        ["classes", { dtype: "string", shape: [-1, 2] }],
        ["scores", { dtype: "float32", shape: [-1, 2] }],
      ]),
      method: "tensorflow/serving/classify",
      shapes: "binding",
    },
  ],
  [
    "length",
    {
      inputs: new Map([["inputs", { dtype: "string", shape: [-1] }]]),
      outputs: new Map([["outputs", { dtype: "float32", shape: [-1, 1] }]]),
      method: "tensorflow/serving/regress",
      shapes: "binding",
    },
  ],
]);

class AskedModel {
  signatures = SIGNATURES;

  async run({ inputs }) {
    const weights = inputs.get("weights");
    if (weights !== undefined) {
      const labels = Array.from(weights.data, (_, index) => new Uint8Array(Buffer.from(CLASSES[index % 2])));
      return new Map([
        ["classes", { dtype: "string", shape: weights.shape, data: labels }],
        ["scores", { ...weights, data: weights.data.slice() }],
      ]);
    }
    // How many bytes each example has, as its graph was given it.
    const { data, shape } = inputs.get("inputs");
    const values = Float32Array.from(data, ({ length }) => length);
    return new Map([["outputs", { dtype: "float32", shape: [...shape, 1], data: values }]]);
  }

  async [Symbol.asyncDispose]() {}
}

export const plugin = definePlugin({
  name: "asking",
  apiVersion: 1,
  config: z.strictObject({}),
  register(registry) {
    registry.provide(Backend, () => ({
      name: "asking",
      recognizes: (files) => files.some(({ path }) => path === "ways.json"),
      load: async () => new AskedModel(),
    }));
  },
});
