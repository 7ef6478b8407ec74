import { readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { OnnxBackend, onnxOptions } from "@plinth/backend-onnx";
import {
  DEFAULT_SIGNATURE,
  type LoadedModel,
  type NamedTensors,
  type Signature,
  type Tensor,
  type VersionFiles,
} from "@plinth/core";
import { onTestFinished } from "vitest";

const MODELS = fileURLToPath(new URL("./models/", import.meta.url));

export function modelPath(path: string): string {
  return join(MODELS, path);
}

/** A version that is one file. */
export function versionOfFile(path: string): VersionFiles {
  return versionOf(dirname(path), [basename(path)]);
}

/** A version that is the files of a folder. */
export function versionOf(directory: string, paths: readonly string[] = readdirSync(directory)): VersionFiles {
  return {
    directory,
    files: paths.map((path) => ({ path, bytes: statSync(join(directory, path)).size })),
    async [Symbol.asyncDispose]() {},
  };
}

/** A model that is loaded until the test is over. */
export async function load(files: VersionFiles, options: object = {}): Promise<LoadedModel> {
  const { signal } = new AbortController();
  const model = await new OnnxBackend(onnxOptions.parse(options)).load(files, { model: "m", version: 1n, signal });
  onTestFinished(() => model[Symbol.asyncDispose]());
  return model;
}

/** One of the models beside this file. */
export function loadExample(path: string, options: object = {}): Promise<LoadedModel> {
  return load(versionOfFile(modelPath(path)), options);
}

export function signatureOf(model: LoadedModel): Signature {
  const signature = model.signatures.get(DEFAULT_SIGNATURE);
  if (signature === undefined) throw new Error(`There is no signature ${DEFAULT_SIGNATURE}`);
  return signature;
}

/** Runs the model for all of its outputs. */
export function run(model: LoadedModel, inputs: NamedTensors): Promise<NamedTensors> {
  return model.run({ signature: DEFAULT_SIGNATURE, inputs, outputs: [...signatureOf(model).outputs.keys()] });
}

export function float32(values: readonly number[], shape: readonly number[] = [values.length]): Tensor<"float32"> {
  return { dtype: "float32", shape, data: new Float32Array(values) };
}

export function strings(...values: readonly (string | Uint8Array)[]): Tensor<"string"> {
  const data = values.map((value) => (typeof value === "string" ? new TextEncoder().encode(value) : value));
  return { dtype: "string", shape: [data.length], data };
}
