import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ROOT } from "../architecture/source-files.js";
import { RunningCommand } from "./running-command.js";

const execute = promisify(execFile);
const PLINTH = join(ROOT, "cli", "bin", "plinth.js");
const DIGITS = join(ROOT, "examples", "digits");

let folder: string;
let temporary: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "plinth-memory-"));
  temporary = await mkdtemp(join(folder, "tmp-"));
  vi.stubEnv("TMPDIR", temporary);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

describe("a model that lies in memory", () => {
  it.each([
    ["on the serving thread, without a file", "execution: { executor: inline }", "", 0],
    ["in a worker thread, without a file", "execution: { executor: thread, instances: 2 }", "", 0],
    ["in a process, from a temporary folder", "execution: { executor: process, instances: 1 }", "", 1],
    ["by several processes, from a temporary folder", "", "server: { processes: 2 }\n", 1],
  ])("is run %s", async (_, execution, server, folders) => {
    const config = join(folder, "config.yaml");
    const models = `models: { digits: { ${execution} } }\n`;
    await writeFile(config, `${server}storage: { use: memory }\nprotocols: [{ use: rest, port: 0 }]\n${models}`);
    const serving = new RunningCommand(process.execPath, [PLINTH, "serve", config], folder);
    try {
      const [, url = ""] = await serving.line(/^Plinth listens on (\S+)/);
      const words = ["push", "digits", join(DIGITS, "models", "digits", "2"), "--server", url];
      await execute(process.execPath, [PLINTH, ...words], { cwd: folder });
      const body = await readFile(join(DIGITS, "seven.json"));
      const predict = () => fetch(`${url}/v1/models/digits:predict`, { method: "POST", body });
      await expect.poll(async () => (await predict()).status, { timeout: 20_000, interval: 50 }).toBe(200);
      expect(await (await predict()).json()).toMatchObject({ predictions: [{ digit: 7 }] });
      expect(await foldersOfVersions()).toHaveLength(folders);
    } finally {
      expect(await serving.stop()).toBe(0);
    }
    expect(await foldersOfVersions()).toEqual([]);
  });
});

/** Temporary folders that hold a model. */
async function foldersOfVersions(): Promise<readonly string[]> {
  const entries = await readdir(temporary, { recursive: true });
  return entries.filter((entry) => entry.endsWith("model.onnx"));
}
