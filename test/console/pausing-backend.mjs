import { setTimeout as pause } from "node:timers/promises";
import { Backend, DEFAULT_SIGNATURE, definePlugin, PREDICT_METHOD } from "@plinth/core";
import { z } from "zod";

// A backend whose models only wait, between 150 and 250 ms: so long that network and machine are a small part of each latency, and so short
// that a hundred connections do. A model is a file `pauses.txt`.

const LEAST_MS = 150;
const SPAN_MS = 100;

/** The golden ratio: its multiples spread evenly over an interval. */
const STEP = (Math.sqrt(5) - 1) / 2;

const numbers = { dtype: "float32", shape: [-1] };
const SIGNATURE = {
  inputs: new Map([["x", numbers]]),
  outputs: new Map([["y", numbers]]),
  method: PREDICT_METHOD,
  shapes: "binding",
};

class PausingModel {
  signatures = new Map([[DEFAULT_SIGNATURE, SIGNATURE]]);
  #runs = 0;

  async run({ inputs }) {
    await pause(LEAST_MS + ((++this.#runs * STEP) % 1) * SPAN_MS);
    return new Map([["y", inputs.get("x")]]);
  }

  async [Symbol.asyncDispose]() {}
}

export const plugin = definePlugin({
  name: "pausing",
  apiVersion: 1,
  config: z.strictObject({}),
  register(registry) {
    registry.provide(Backend, () => ({
      name: "pausing",
      recognizes: (files) => files.some(({ path }) => path === "pauses.txt"),
      load: async () => new PausingModel(),
    }));
  },
});
