import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../architecture/source-files.js";
import { RunningCommand } from "./running-command.js";

const execute = promisify(execFile);
const PLINTH = join(ROOT, "cli", "bin", "plinth.js");

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
