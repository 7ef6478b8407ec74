import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { ROOT } from "../architecture/source-files.js";

const ENGINE = process.env.PLINTH_TFJS_ENGINE ?? "wasm";
/** Collected by hand, and with young objects in little space, which V8 else makes larger at a time of its own. */
const FLAGS = ["--expose-gc", "--max-semi-space-size=1"];

const WARMING_RUNS = 5_000;
const RUNS = 10_000;

/** What collection and allocators may keep for later, in bytes. A scalar of TensorFlow's that each run leaves behind takes more; a thousand floats take 40 MB. */
const SLACK_BYTES = 6 * 2 ** 20;

/** Matrices with branches, state, loops with lists of tensors, tables of strings. */
const MODELS = ["affine", "counter", "loops", "tables"];

it.each(MODELS)(`%s holds as much after ${RUNS} runs on ${ENGINE} as before`, async (name) => {
  const script = join(ROOT, "test", "built", "run-many-times.mjs");
  const model = join(ROOT, "libraries", "saved-model", "test", "models", name, "1");
  const parameters = [...FLAGS, script, ENGINE, model, String(WARMING_RUNS), String(RUNS)];
  const { stdout } = await promisify(execFile)(process.execPath, parameters, { cwd: ROOT });
  const [before, after] = JSON.parse(stdout) as { readonly tensors: number; readonly bytes: number }[];
  expect(after?.tensors).toBe(before?.tensors);
  expect((after?.bytes ?? 0) - (before?.bytes ?? 0), stdout).toBeLessThan(SLACK_BYTES);
});
