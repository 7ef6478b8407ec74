import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { LoadedModel, NamedTensors, TensorSpec } from "@plinth/core";
import { describe, expect, it } from "vitest";
import { expectClose, nestedTensor, readJson } from "./golden.js";
import { ENGINE, load, OWN_MODELS, run } from "./loading.js";

interface Case {
  readonly signature: string;
  readonly inputs: Readonly<Record<string, never>>;
  readonly outputs: Readonly<Record<string, never>>;
}

const NAMES = readdirSync(OWN_MODELS).filter((name) => existsSync(join(OWN_MODELS, name, "golden.json")));

describe(`SavedModels of the project's own on ${ENGINE}`, () => {
  it.each(NAMES)("%s answers as TensorFlow does", async (name) => {
    const model = await load(join(OWN_MODELS, name, "1"));
    for (const { signature, inputs, outputs } of readJson<readonly Case[]>(join(OWN_MODELS, name, "golden.json"))) {
      const { inputs: inputSpecs, outputs: outputSpecs } = model.signatures.get(signature) ?? expect.fail(signature);
      expectClose(await run(model, signature, tensors(inputs, inputSpecs)), tensors(outputs, outputSpecs));
    }
  });

  it("a Hub module without a signature is called by its function", async () => {
    const model = await load(join(OWN_MODELS, "hub_module", "1"));
    expect([...model.signatures.keys()]).toContain("serving_default");
  });

  it("says which engine it runs on", async () => {
    const model: LoadedModel = await load(join(OWN_MODELS, "affine", "1"));
    expect(model.details?.get("engine")).toBe(ENGINE);
    expect(model.details?.get("format")).toMatch(/^SavedModel of TensorFlow 2\./);
  });

  it("has the default of an input that may be left out", async () => {
    const model = await load(join(OWN_MODELS, "affine", "1"));
    const spec = model.signatures.get("serving_default")?.inputs.get("scale");
    expect(spec?.default).toMatchObject({ dtype: "float32", shape: [], data: Float32Array.of(2) });
  });

  it("tells signatures that change its state", async () => {
    const model = await load(join(OWN_MODELS, "counter", "1"));
    expect(model.signatures.get("add")?.changesState).toBe(true);
    expect(model.signatures.get("get")?.changesState).toBeUndefined();
  });
});

function tensors(values: Readonly<Record<string, never>>, specs: ReadonlyMap<string, TensorSpec>): NamedTensors {
  return new Map(
    Object.entries(values).map(([name, value]) => [
      name,
      nestedTensor(specs.get(name)?.dtype ?? expect.fail(name), value),
    ]),
  );
}
