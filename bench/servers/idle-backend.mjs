// A plugin: a backend that loads any `.idle` file and whose models give their input back.
import { Backend, DEFAULT_SIGNATURE, definePlugin, PREDICT_METHOD } from "@plinth/core";
import { z } from "zod";

const spec = { dtype: "float32", shape: [-1] };
const signature = {
  inputs: new Map([["x", spec]]),
  outputs: new Map([["y", spec]]),
  method: PREDICT_METHOD,
  shapes: "binding",
};

export const idleModel = {
  signatures: new Map([[DEFAULT_SIGNATURE, signature]]),
  run: async ({ inputs }) => new Map([["y", inputs.get("x")]]),
  [Symbol.asyncDispose]: async () => {},
};

export const plugin = definePlugin({
  name: "idle",
  apiVersion: 1,
  config: z.strictObject({}),
  register: (registry) =>
    registry.provide(Backend, () => ({
      name: "idle",
      recognizes: (files) => files.some(({ path }) => path.endsWith(".idle")),
      load: async () => idleModel,
    })),
});
