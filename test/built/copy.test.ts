import { execFile, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ROOT } from "../architecture/source-files.js";
import { RunningCommand } from "./running-command.js";

const execute = promisify(execFile);
const PLINTH = join(ROOT, "cli", "bin", "plinth.js");
const DIGITS = join(ROOT, "examples", "digits", "models");

/** Of each file of a version that is copied until somebody ends it. */
const LARGE_BYTES = 24 * 1024 * 1024;

let folder: string;

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "plinth-copy-"));
  await cp(DIGITS, join(folder, "a"), { recursive: true });
});

afterEach(() => rm(folder, { recursive: true }));

function copy(...words: readonly string[]): Promise<Ended> {
  return execute(process.execPath, [PLINTH, "copy", ...words], { cwd: folder }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }: Ended) => ({ code, stdout, stderr }),
  );
}

async function outcomes(...words: readonly string[]): Promise<Record<string, string>> {
  const { stdout } = await copy(...words, "-o", "json");
  const { versions } = JSON.parse(stdout) as { versions: { model: string; version: string; outcome: string }[] };
  return Object.fromEntries(versions.map(({ model, version, outcome }) => [`${model}@${version}`, outcome]));
}

describe("plinth copy", () => {
  it("copies all versions, skips them the next time, and copies one that is named", async () => {
    const all = ["--from", "disk:./a,settleMs=0", "--to", "disk:./b"];
    expect(await copy(...all)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/digits +1 +copied +1 +199\.8 KiB/),
    });
    expect(await outcomes(...all)).toEqual({ "digits@1": "equal", "digits@2": "equal" });
    const one = ["--from", "{ use: disk, root: ./b }", "--to", "disk:root=./c", "digits@2", "digits@2"];
    expect(await outcomes(...one)).toEqual({ "digits@2": "copied" });
    expect(await readFile(join(folder, "c/digits/2/model.onnx"))).toEqual(
      await readFile(join(DIGITS, "digits/2/model.onnx")),
    );
  });

  it("takes the storage of a configuration, with its models' own folders", async () => {
    const config = "storage: { use: disk, root: ./none, settleMs: 0 }\nmodels: { numbers: { path: ./a/digits } }\n";
    await writeFile(join(folder, "config.yaml"), config);
    await mkdir(join(folder, "none"));
    expect(await outcomes("--from", "config.yaml", "--to", "disk:./b", "numbers")).toEqual({
      "numbers@1": "copied",
      "numbers@2": "copied",
    });
  });

  it("leaves another version of the same number alone, copies the others, and ends with 5", async () => {
    await mkdir(join(folder, "b/digits/1"), { recursive: true });
    await writeFile(join(folder, "b/digits/1/model.onnx"), "another");
    const { code, stdout, stderr } = await copy("--from", "disk:a,settleMs=0", "--to", "disk:b,settleMs=0");
    expect(code).toBe(5);
    expect(stdout).toMatch(/digits +1 +different[\s\S]*digits +2 +copied/);
    expect(stderr).toMatch(/^The target has something else as digits@1, which was left as it was/);
    expect(await readFile(join(folder, "b/digits/1/model.onnx"), "utf8")).toBe("another");
  });

  it("fails for a source that is not what was published, and says which file", async () => {
    await copy("--from", "disk:a,settleMs=0", "--to", "disk:b");
    const [manifest = ""] = await readdir(join(folder, "b/.plinth/published"));
    const path = join(folder, "b/.plinth/published", manifest);
    await writeFile(path, (await readFile(path, "utf8")).replace(/[0-9a-f]{64}/, "0".repeat(64)));
    const { code, stdout, stderr } = await copy("--from", "disk:b", "--to", "disk:c");
    expect(code).toBe(1);
    expect(stdout).toMatch(/failed: Expected model\.onnx to have the SHA-256 0+, got/);
    expect(stdout).toMatch(/copied/);
    expect(stderr).toMatch(/^Not copied: digits@[12]; see above/);
  });

  it.each([
    ["an unknown model", 4, ["--from", "disk:a,settleMs=0", "--to", "disk:b", "nix"], /^There is no model nix to copy/],
    ["an unknown version", 4, ["--from", "disk:a,settleMs=0", "--to", "disk:b", "digits@9"], /no complete version 9/],
    ["a source that is missing", 1, ["--from", "disk:missing", "--to", "disk:b"], /Cannot read the folder of models/],
    ["a target that forgets it", 2, ["--from", "disk:a,settleMs=0", "--to", "memory"], /^--to: such a storage holds/],
    ["no target", 2, ["--from", "disk:a"], /required option '--to/],
    [
      "an unknown storage",
      2,
      ["--from", "dsk:a", "--to", "disk:b"],
      /^--from: expected a configuration as config.yaml/,
    ],
    [
      "an unknown option",
      2,
      ["--from", "{ use: disk, rot: a }", "--to", "disk:b"],
      /unknown key "rot"; did you mean "root"/,
    ],
    ["a wrong value", 2, ["--from", "disk:a,settleMs=soon", "--to", "disk:b"], /settleMs: expected a number/],
    ["a missing configuration", 2, ["--from", "none.yaml", "--to", "disk:b"], /^none.yaml:1:1: cannot be read/],
  ] as const)("ends for %s with %i, and creates nothing", async (_, code, words, message) => {
    expect(await copy(...words)).toMatchObject({ code, stderr: expect.stringMatching(message) });
    expect(await readdir(folder)).toEqual(["a"]);
  });

  it("brings labels and history of a running server along, and what lies beside versions, and goes on with what is new", async () => {
    await writeFile(join(folder, "a/digits/config.pbtxt"), 'name: "digits"');
    const config = (root: string) =>
      `server: { pollIntervalMs: 100 }\nstorage: { use: disk, root: ./${root}, settleMs: 0 }\n` +
      "protocols: [{ use: rest, port: 0 }]\nmodels: { digits: { versions: all } }\n";
    for (const root of ["a", "b"]) await writeFile(join(folder, `${root}.yaml`), config(root));
    const all = ["--from", "a.yaml", "--to", "disk:./b"];
    await withServer("a.yaml", async (url) => {
      await label(url, "stable", 1);
      expect((await copy(...all)).stdout).toMatch(/config\.pbtxt +copied[\s\S]*1 records of deployments +copied/);
      await label(url, "canary", 2);
      expect((await copy(...all)).stdout).toMatch(/config\.pbtxt +equal[\s\S]*2 records of deployments +copied/);
    });
    await withServer("b.yaml", async (url) => {
      expect(await labels(url)).toEqual({ stable: "1", canary: "2" });
      const { code, stderr } = await copy("--from", "disk:./a", "--to", "b.yaml");
      expect({ code, stderr }).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/held by process .* --no-records/),
      });
      await label(url, "of-b", 1);
    });
    await withServer("a.yaml", (url) => label(url, "of-a", 1));
    expect(await copy(...all)).toMatchObject({ code: 5, stderr: expect.stringMatching(/two histories cannot be one/) });
    expect(await copy(...all, "--no-records")).toMatchObject({ code: 0 });
  });

  it("reads the root of a running server, and brings to that of another what it then serves", async () => {
    const servers: RunningCommand[] = [];
    try {
      for (const root of ["a", "b"]) {
        await mkdir(join(folder, root), { recursive: true });
        const config = join(folder, `${root}.yaml`);
        await writeFile(
          config,
          `server: { pollIntervalMs: 100 }\nstorage: { use: disk, root: ./${root}, settleMs: 0 }\nprotocols: [{ use: rest, port: 0 }]\n`,
        );
        const server = new RunningCommand(process.execPath, [PLINTH, "serve", config], folder);
        servers.push(server);
        await server.line(/^Plinth listens on (\S+)/);
      }
      const [, url] = (await servers[1]?.line(/^Plinth listens on (\S+)/)) ?? [];
      const all = ["--from", "a.yaml", "--to", "b.yaml"];
      expect(await outcomes(...all)).toEqual({ "digits@1": "copied", "digits@2": "copied" });
      await expect
        .poll(async () => (await fetch(`${url}/v1/models/digits`)).status, { timeout: 20_000, interval: 50 })
        .toBe(200);
      expect(await outcomes(...all)).toEqual({ "digits@1": "equal", "digits@2": "equal" });
    } finally {
      for (const server of servers) await server.stop();
    }
  });
});

async function withServer(config: string, work: (url: string) => Promise<void>): Promise<void> {
  const server = new RunningCommand(process.execPath, [PLINTH, "serve", join(folder, config)], folder);
  try {
    const [, url = ""] = await server.line(/^Plinth listens on (\S+)/);
    const isReady = async () => (await fetch(`${url}/readyz`)).status;
    await expect.poll(isReady, { timeout: 20_000, interval: 50 }).toBe(200);
    await work(url);
  } finally {
    await server.stop();
  }
}

async function label(url: string, name: string, version: number): Promise<void> {
  const server = ["--server", url, "--allow-unavailable", "--why", "for the test"];
  await execute(process.execPath, [PLINTH, "label", "digits", name, String(version), ...server], { cwd: folder });
}

async function labels(url: string): Promise<Record<string, string>> {
  const { stdout } = await execute(process.execPath, [PLINTH, "label", "digits", "--server", url, "-o", "json"]);
  const { items } = JSON.parse(stdout) as { items: { label: string; version: string }[] };
  return Object.fromEntries(items.map(({ label: name, version }) => [name, version]));
}

describe("a copy that is ended in the middle", () => {
  const words = ["copy", "--from", "disk:large,settleMs=0", "--to", "disk:b"];

  beforeEach(async () => {
    await mkdir(join(folder, "large/m/1"), { recursive: true });
    for (const name of ["1", "2", "3", "4"]) await writeFile(join(folder, "large/m/1", name), randomBytes(LARGE_BYTES));
  });

  it.each(["SIGKILL", "SIGINT"] as const)("by %s goes on where it was when it is typed again", async (signal) => {
    const first = spawn(process.execPath, [PLINTH, ...words], { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    first.stderr.on("data", (chunk) => {
      said += String(chunk);
    });
    const ended = once(first, "exit");
    const [kept = ""] = await expect.poll(keptFiles, { timeout: 20_000, interval: 1 }).not.toEqual([]).then(keptFiles);
    first.kill(signal);
    expect(await ended).toEqual(signal === "SIGINT" ? [1, null] : [null, signal]);
    if (signal === "SIGINT") expect(said).toMatch(/^Interrupted; type it again/);
    expect(existsSync(join(folder, "b/m"))).toBe(false);
    const { ino } = await stat(kept);
    expect(await copy(...words.slice(1))).toMatchObject({ code: 0 });
    const inodes = await Promise.all(
      ["1", "2", "3", "4"].map(async (name) => (await stat(join(folder, "b/m/1", name))).ino),
    );
    expect(inodes).toContain(ino);
    expect(await keptFiles()).toEqual([]);
    expect(await readdir(join(folder, "b/.plinth/work"))).toEqual([]);
  });

  it("at any moment leaves a version whole or not at all", async () => {
    const expected = await sumsBelow(join(folder, "large/m/1"));
    for (let turn = 0; turn < 8; turn++) {
      const child = spawn(process.execPath, [PLINTH, ...words], { cwd: folder, stdio: "ignore" });
      const ended = once(child, "exit");
      await Promise.race([ended, delay(200 + Math.random() * 700)]);
      child.kill("SIGKILL");
      await ended;
      if (!existsSync(join(folder, "b/m/1"))) continue;
      expect(await sumsBelow(join(folder, "b/m/1"))).toEqual(expected);
      await rm(join(folder, "b/m"), { recursive: true });
    }
    expect(await copy(...words.slice(1))).toMatchObject({ code: 0 });
    expect(await sumsBelow(join(folder, "b/m/1"))).toEqual(expected);
  });
});

async function keptFiles(): Promise<readonly string[]> {
  const unfinished = join(folder, "b/.plinth/unfinished");
  if (!existsSync(unfinished)) return [];
  const entries = await readdir(unfinished, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

async function sumsBelow(directory: string): Promise<Record<string, string>> {
  const sums = (await readdir(directory)).sort().map(async (name) => {
    const hash = createHash("sha256").update(await readFile(join(directory, name)));
    return [name, hash.digest("hex")] as const;
  });
  return Object.fromEntries(await Promise.all(sums));
}
