import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ROOT } from "../architecture/source-files.js";
import { RunningCommand } from "../built/running-command.js";
import { findPython, PythonClient } from "./python-client.js";

const EXAMPLE = join(ROOT, "examples", "digits");

let folder: string;
let server: RunningCommand;
let address: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "plinth-interop-"));
  const config = join(folder, "config.yaml");
  await writeFile(
    config,
    `storage: { use: disk, root: ${JSON.stringify(join(EXAMPLE, "models"))} }\n` +
      "protocols: [{ use: grpc, port: 0 }]\nmodels: { digits: { versions: all, labels: { small: 1 } } }\n",
  );
  server = new RunningCommand(process.execPath, [join(ROOT, "cli", "bin", "plinth.js"), "serve", config], folder);
  address = (await server.line(/^Plinth listens on grpc:\/\/(\S+)$/))[1] ?? "";
  await server.line(/^Ready after/);
});

afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

it("is understood by TensorFlow Serving's Python API", async ({ skip }) => {
  const found = await findPython();
  if (found === undefined) return skip();
  const packages = ["tensorflow-cpu==2.21.0", "tensorflow-serving-api==2.21.0"];
  const python = await PythonClient.prepare(found, "tensorflow-serving", packages);
  const script = join(ROOT, "test", "interop", "tensorflow_serving_client.py");
  expect(JSON.parse(await python.run(script, [address, join(EXAMPLE, "seven.json")]))).toEqual({
    digit: [7],
    probabilities: [1, 10],
    version: 2,
    small: [1, ["digit"], 7],
    signature: ["image"],
    states: [
      [2, 30, 0],
      [1, 30, 0],
    ],
    missing: ["NOT_FOUND", expect.stringContaining("Servable not found for request: Latest(nobody)")],
    wrong: ["INVALID_ARGUMENT", expect.stringContaining("[-1,784]")],
  });
});
