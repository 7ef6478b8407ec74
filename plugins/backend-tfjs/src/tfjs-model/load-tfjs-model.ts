import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type LoadedModel, PlinthError, type VersionFiles } from "@plinth/core";
import { CompiledModel } from "../compiled-model.js";
import { type Engine, engineDetails } from "../engine/engine.js";
import { loadGraphModel } from "./load-graph-model.js";
import { readModelJson } from "./model-json.js";
import { decodeWeights, readWeights } from "./weights.js";

/** Largest `model.json`, in bytes: without weights, those of large models have some tens of megabytes. */
const MAX_JSON_BYTES = 2 ** 29;

/** Loads a layers or graph model of TensorFlow.js. */
export async function loadTfjsModel(
  files: VersionFiles,
  folder: string,
  engine: Engine,
  signal: AbortSignal,
): Promise<LoadedModel> {
  const path = `${folder}model.json`;
  const bytes = files.files.find((file) => file.path === path)?.bytes ?? 0;
  if (bytes > MAX_JSON_BYTES) {
    throw new PlinthError("MODEL_FILE_INVALID", `${path} has ${bytes} bytes: expected at most ${MAX_JSON_BYTES}`);
  }
  const model = readModelJson(await readFile(join(files.directory, path), { encoding: "utf8", signal }));
  const weights = await readWeights(model.weights, files, folder, signal);
  signal.throwIfAborted();
  const details = new Map([
    ["format", model.kind === "graph" ? "TensorFlow.js graph model" : "TensorFlow.js layers model"],
    ...engineDetails(engine),
  ]);
  if (model.kind === "layers") {
    const { openLayersModel } = await import("./load-layers-model.js");
    return openLayersModel(model, weights, details);
  }
  return new CompiledModel({ ...loadGraphModel(model, decodeWeights(weights)), details });
}
