import { copyFile, mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { closedLoop } from "../measure/closed-loop.mjs";
import { DIGITS, ROW_BODY } from "../models/model-files.mjs";
import { beside, ServerProcess } from "./server-process.mjs";

/** Where a model may run; `auto` is what a user has who says nothing, and what the targets are held against. */
export const EXECUTORS = ["auto", "inline", "thread", "process"];

const WARM_UP_SECONDS = 3;

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

/** Starts a Plinth of one model for each executor, warmed up where the model is slow. */
export function startForExecutors({ folder, file, instances, executors = EXECUTORS, isSlow = false }) {
  return executors.map((executor) => () => {
    const execution = { executor, ...(instances !== undefined && { instances }) };
    const setup = { folder, files: { model: [file] }, models: { model: { execution } } };
    return isSlow ? startWarm(`Plinth, ${executor}`, setup, executor) : startPlinth(`Plinth, ${executor}`, setup);
  });
}

/**
 * Starts Plinth and has it answer some ten thousand requests for the digits, which it serves beside. Its own code is compiled then, as in a
 * server that has been up for a while; a slow model alone would take minutes to get it there, and floors have next to no code.
 *
 * @param models the section of the configuration, not left out
 * @param executor where the digits run: where the model does
 */
export async function startWarm(name, { folder, files, models }, executor = "auto") {
  const beside = { "warm-up": { execution: { executor } } };
  const server = await startPlinth(name, {
    folder,
    files: { ...files, "warm-up": [DIGITS[0]] },
    models: { ...models, ...beside },
  });
  await closedLoop({ url: predictUrl(server, "warm-up"), body: ROW_BODY, connections: 8, seconds: WARM_UP_SECONDS });
  return server;
}

/** Where a model is asked. */
export function predictUrl({ url }, model = "model") {
  return `${url}/v1/models/${model}:predict`;
}
