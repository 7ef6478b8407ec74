import { copyFile, mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beside, ServerProcess } from "./server-process.mjs";

/** Where a model may run; `auto` is what a user has who says nothing, and what the targets are held against. */
export const EXECUTORS = ["auto", "inline", "thread", "process"];

/**
 * Starts Plinth as a user would, with a storage folder of its own.
 *
 * @param folder where that folder is made
 * @param files for each model, by name, the ONNX files of its versions 1, 2, ...
 * @param models the section of the configuration; left out: every model of the storage
 * @param monitors the section of the configuration; left out: none
 */
export async function startPlinth(name, { folder, files, models, monitors }) {
  const root = await mkdtemp(join(folder, "plinth-"));
  for (const [model, versions] of Object.entries(files)) {
    for (const [index, file] of versions.entries()) {
      const version = join(root, "models", model, String(index + 1));
      await mkdir(version, { recursive: true });
      await copyFile(file, join(version, "model.onnx"));
    }
  }
  const config = join(root, "config.yaml");
  // JSON is YAML. Copies just made would otherwise be given time to settle, which is not what is measured.
  const sections = {
    storage: { use: "disk", root: "models", settleMs: 0 },
    protocols: [
      { use: "rest", port: 0 },
      { use: "grpc", port: 0 },
    ],
    ...(models !== undefined && { models }),
    ...(monitors !== undefined && { monitors }),
  };
  await writeFile(config, JSON.stringify(sections));
  const program = [beside("../../cli/bin/plinth.js"), "serve", config, "--log-level", "error"];
  return ServerProcess.start(name, program, { readyPath: "/readyz" });
}

/** Starts a Plinth of one model for each executor. */
export function startForExecutors({ folder, file, instances, executors = EXECUTORS }) {
  return executors.map((executor) => () => {
    const models = { model: { execution: { executor, ...(instances !== undefined && { instances }) } } };
    return startPlinth(`Plinth, ${executor}`, { folder, files: { model: [file] }, models });
  });
}

/** Where a model is asked. */
export function predictUrl({ url }, model = "model") {
  return `${url}/v1/models/${model}:predict`;
}
