import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { ROOT } from "../architecture/source-files.js";
import { freePort } from "../free-port.js";
import { RunningCommand } from "./running-command.js";

const execute = promisify(execFile);
const PLINTH = join(ROOT, "cli", "bin", "plinth.js");
const MODEL_SERVER = join(ROOT, "cli", "bin", "tensorflow-model-server.js");
const DIGITS = join(ROOT, "examples", "digits", "models", "digits");

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "plinth-commands-"));
});

afterAll(() => rm(folder, { recursive: true }));

/** A configuration that serves the digits on a port. */
async function digitsConfig(port: number): Promise<string> {
  const file = join(folder, `digits-${port}.yaml`);
  const models = join(ROOT, "examples", "digits", "models");
  await writeFile(
    file,
    `storage: { use: disk, root: ${JSON.stringify(models)} }\nprotocols: [{ use: rest, port: ${port} }]\n`,
  );
  return file;
}

describe("npm start", () => {
  it("prints the curl line of the README, and it works when pasted", async () => {
    const server = new RunningCommand("npm", ["start"], ROOT);
    try {
      const [line] = await server.line(/^\s*curl .*$/);
      const { stdout } = await execute("bash", ["-c", `${line} --silent --show-error --fail-with-body`], { cwd: ROOT });
      expect(JSON.parse(stdout)).toMatchObject({ predictions: [{ digit: 7 }] });
      const readme = await readFile(join(ROOT, "README.md"), "utf8");
      expect(readme).toContain(line.trim());
    } finally {
      await server.stop();
    }
  });
});

describe("plinth serve", () => {
  it.each(["SIGTERM", "SIGINT"] as const)("ends with 0 after %s", async (signal) => {
    const server = new RunningCommand(process.execPath, [PLINTH, "serve", await digitsConfig(0)], folder);
    const [, url] = await server.line(/listens on (\S+)/);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    const [, pages = ""] = await server.line(/^The console is at (\S+)$/);
    expect(await (await fetch(pages)).text()).toMatch(/^<!doctype html>/);
    expect(await server.stop(signal)).toBe(0);
  });

  it("ends with 1 and names the plugin that failed", async () => {
    const blocker = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => blocker.once("listening", resolve));
    const { port } = blocker.address() as { port: number };
    const failed = execute(process.execPath, [PLINTH, "serve", await digitsConfig(port)]);
    await expect(failed).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/Protocol rest: .*EADDRINUSE/),
    });
    blocker.close();
  });

  it("ends with 2 and all faults of a configuration that is wrong", async () => {
    const file = join(folder, "wrong.yaml");
    await writeFile(file, "storage: { use: disk, rot: ./models }\nprotocols:\n  - { use: rest, port: eighty }\n");
    await expect(execute(process.execPath, [PLINTH, "serve", file])).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/wrong\.yaml:1:\d+: [\s\S]*wrong\.yaml:3:\d+: /),
    });
  });
});

describe("tensorflow_model_server", () => {
  const serve = (...flags: readonly string[]) => execute(process.execPath, [MODEL_SERVER, ...flags]);

  it("serves one model by its flags as they are, and leaves the model's folder as it was", async () => {
    const port = await freePort();
    const grpcPort = await freePort();
    const flags = [
      `--port=${grpcPort}`,
      `--rest_api_port=${port}`,
      "--grpc_max_threads=4",
      "--model_name=half",
      `--model_base_path=${DIGITS}`,
    ];
    const server = new RunningCommand(process.execPath, [MODEL_SERVER, ...flags], folder);
    await server.line(/^Ready after/);
    const seven = await readFile(join(ROOT, "examples", "digits", "seven.json"), "utf8");
    const response = await fetch(`http://127.0.0.1:${port}/v1/models/half:predict`, { method: "POST", body: seven });
    expect(await response.json()).toMatchObject({ predictions: [{ digit: 7 }] });
    expect(server.output).toContain(`grpc://0.0.0.0:${grpcPort}`);
    expect(server.output).toContain("--grpc_max_threads is ignored");
    expect(await server.stop()).toBe(0);
    expect((await readdir(DIGITS)).toSorted()).toEqual(["1", "2"]);
  });

  it("reads its file again when it has changed, as often as it is told to look", async () => {
    const file = join(folder, "models.txt");
    const list = (names: readonly string[]) =>
      names.map((name) => `config { name: "${name}" base_path: "${DIGITS}" }`).join(" ");
    await writeFile(file, `model_config_list { ${list(["a"])} }`);
    const port = await freePort();
    const flags = [
      `--model_config_file=${file}`,
      "--model_config_file_poll_wait_seconds=1",
      "--port=0",
      "--rest_api_port",
      `${port}`,
    ];
    const server = new RunningCommand(process.execPath, [PLINTH, "serve", ...flags], folder);
    await server.line(/^Ready after/);
    await writeFile(file, `model_config_list { ${list(["a", "b"])} }`);
    await vi.waitFor(async () => expect((await fetch(`http://127.0.0.1:${port}/v1/models/b`)).status).toBe(200), {
      timeout: 30_000,
    });
    expect(await server.stop()).toBe(0);
  });

  it("reads its file again on SIGHUP, however rarely it looks by itself", async () => {
    const file = join(folder, "told.txt");
    const list = (name: string) => `model_config_list { config { name: "${name}" base_path: "${DIGITS}" } }`;
    await writeFile(file, list("a"));
    const port = await freePort();
    const flags = [`--model_config_file=${file}`, "--port=0", `--rest_api_port=${port}`];
    const server = new RunningCommand(process.execPath, [PLINTH, "serve", ...flags], folder);
    await server.line(/^Ready after/);
    await writeFile(file, list("b"));
    server.signal("SIGHUP");
    await vi.waitFor(async () => expect((await fetch(`http://127.0.0.1:${port}/v1/models/b`)).status).toBe(200), {
      timeout: 30_000,
    });
    expect(server.output).toContain("SIGHUP: reading");
    expect(await server.stop()).toBe(0);
  });

  it("ends with 2 and all that is wrong with its flags, or with the files that they name", async () => {
    await expect(serve("--rest_api_prot=8501", "--model_nam", "m")).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/did you mean "rest_api_port"[\s\S]*did you mean "model_name"/),
    });
    await expect(serve()).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining("are both empty") });
    const file = join(folder, "bad_models.txt");
    await writeFile(file, 'model_config_list {\n  config { name: "a" base_path: "a" }\n  config { }\n}\n');
    await expect(serve("--port=0", "--rest_api_port=18698", `--model_config_file=${file}`)).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/bad_models\.txt:2:33: [\s\S]*bad_models\.txt:3:3: /),
    });
  });

  it("tells its version and its flags", async () => {
    expect((await serve("--version")).stdout).toMatch(/^Plinth \d/);
    expect((await serve("--help")).stdout).toContain("--rest_api_timeout_in_ms");
  });
});

describe("plinth", () => {
  it("explains itself, and ends with 2 where it is not understood", async () => {
    const { stdout } = await execute(process.execPath, [PLINTH, "--help"]);
    expect(stdout).toMatch(/serve[\s\S]*check[\s\S]*schema[\s\S]*Exit codes/);
    await expect(execute(process.execPath, [PLINTH, "sevre"])).rejects.toMatchObject({ code: 2 });
  });

  it("checks the configuration at the root and prints it with its defaults", async () => {
    const { stdout } = await execute("npx", ["plinth", "check", "--print"], { cwd: ROOT });
    expect(stdout).toMatch(/maxRequestBytes: \d+/);
  });

  it("prints the JSON Schema of configurations with the options of its plugins", async () => {
    const { stdout } = await execute(process.execPath, [PLINTH, "schema"]);
    expect(JSON.parse(stdout)).toMatchObject({ properties: { storage: expect.any(Object) } });
    expect(stdout).toContain("settleMs");
  });
});
