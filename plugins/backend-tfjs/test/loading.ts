import { readdirSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { TfjsBackend, type TfjsOptions, tfjsOptions } from "@plinth/backend-tfjs";
import type { LoadedModel, NamedTensors, VersionFiles } from "@plinth/core";
import { onTestFinished } from "vitest";

/** The engine that the tests run on: each is to answer the same. */
export const ENGINE = (process.env.PLINTH_TFJS_ENGINE ?? "wasm") as TfjsOptions["engine"];

/** SavedModels of the project's own, with what TensorFlow answers. */
export const OWN_MODELS: string = fileURLToPath(
  new URL("../../../libraries/saved-model/test/models/", import.meta.url),
);

/** Models of others, where they lie beside the checkout. */
export const SHARED_MODELS: string = fileURLToPath(new URL("../../../../shared/testdata/", import.meta.url));

export function createBackend(options: object = {}): TfjsBackend {
  return new TfjsBackend(tfjsOptions.parse({ engine: ENGINE, ...options }));
}

/** A version that is the files of a folder. */
export function versionOf(directory: string): VersionFiles {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path: relative(directory, path).split(sep).join("/"), bytes: statSync(path).size }));
  return { directory, files, async [Symbol.asyncDispose]() {} };
}

/** A model that is loaded until the test is over. */
export async function load(directory: string, options: object = {}): Promise<LoadedModel> {
  const { signal } = new AbortController();
  const model = await createBackend(options).load(versionOf(directory), { model: "m", version: 1n, signal });
  onTestFinished(() => model[Symbol.asyncDispose]());
  return model;
}

/** Runs a signature for all of its outputs, with defaults for the inputs that are left out, as the server does. */
export function run(model: LoadedModel, signature: string, inputs: NamedTensors): Promise<NamedTensors> {
  const { inputs: specs, outputs } = model.signatures.get(signature) ?? { inputs: new Map(), outputs: new Map() };
  const complete = new Map(inputs);
  for (const [name, { default: fallback }] of specs) if (!complete.has(name)) complete.set(name, fallback);
  return model.run({ signature, inputs: complete, outputs: [...outputs.keys()] });
}
