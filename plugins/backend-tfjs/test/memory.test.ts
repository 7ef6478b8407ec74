import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { allocateData, elementCount, type NamedTensors, type Signature, type Tensor } from "@plinth/core";
import { memory } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { createBackend, ENGINE, OWN_MODELS, versionOf } from "./loading.js";

const RUNS = 4;
const NAMES = readdirSync(OWN_MODELS).filter((name) => existsSync(join(OWN_MODELS, name, "1")));

describe(`tensors on ${ENGINE}`, () => {
  it.each(NAMES)(
    "of %s are as many after many runs as before, also where runs fail, and none when it is disposed",
    async (name) => {
      const { signal } = new AbortController();
      const loading = { model: "m", version: 1n, signal };
      const backend = createBackend();
      await (await backend.load(versionOf(join(OWN_MODELS, name, "1")), loading))[Symbol.asyncDispose]();
      const before = memory().numTensors;
      const model = await backend.load(versionOf(join(OWN_MODELS, name, "1")), loading);
      const runAll = async () => {
        for (const [signature, each] of model.signatures) {
          const call = { signature, inputs: onesOf(each), outputs: [...each.outputs.keys()] };
          await model.run(call).catch(() => {});
          await model.run({ ...call, inputs: emptied(call.inputs) }).catch(() => {});
        }
      };
      await runAll();
      const loaded = memory().numTensors;
      for (let round = 0; round < RUNS; round++) await runAll();
      expect(memory().numTensors).toBe(loaded);
      await model[Symbol.asyncDispose]();
      expect(memory().numTensors).toBe(before);
    },
  );
});

function onesOf({ inputs }: Signature): NamedTensors {
  return new Map(
    [...inputs].map(([name, { dtype, shape = [1] }]) => {
      const concrete = shape.map((length) => (length === -1 ? 2 : length));
      const data = allocateData(dtype, elementCount(concrete));
      if (dtype !== "string") (data as Float32Array).fill((dtype === "int64" ? 1n : 1) as never);
      return [name, { dtype, shape: concrete, data } as Tensor];
    }),
  );
}

/** Of shapes that most models do not take. */
function emptied(inputs: NamedTensors): NamedTensors {
  return new Map(
    [...inputs].map(([name, { dtype }]) => [name, { dtype, shape: [0, 7], data: allocateData(dtype, 0) } as Tensor]),
  );
}
