import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ROOT } from "../architecture/source-files.js";
import { Serving, TemporaryFolder } from "./serving.js";

const DIGITS = join(ROOT, "examples", "digits", "models", "digits");

/** A poll that never comes, so that what a test sees is the reload's doing. */
const SERVER = "server: { pollIntervalMs: 86400000 }\nstorage: { use: disk, root: ./models, settleMs: 0 }\n";

let folder: TemporaryFolder;
let serving: Serving | undefined;

beforeEach(async () => {
  folder = await TemporaryFolder.create();
  await addVersion("small", 1);
  await addVersion("large", 2);
});

afterEach(async () => {
  await serving?.[Symbol.asyncDispose]();
  serving = undefined;
  await folder[Symbol.asyncDispose]();
});

async function addVersion(model: string, version: number, from = version): Promise<void> {
  await cp(join(DIGITS, String(from)), join(folder.path, "models", model, String(version)), { recursive: true });
}

async function start(models: string): Promise<Serving> {
  serving = await Serving.start(SERVER + models, join(folder.path, "config.yaml"));
  return serving;
}

function states(model: string): Record<string, string> {
  const versions = serving?.server.models.status(model)?.versions ?? [];
  return Object.fromEntries(versions.map(({ version, state }) => [String(version), state]));
}

describe("reading the configuration again", () => {
  it("K01 serves exactly the models that it names once they are available", async () => {
    const { server } = await start("models: { small: {} }\n");
    expect(server.models.models().map(({ model }) => model)).toEqual(["small"]);
    expect(states("small")).toEqual({ 1: "available" });
  });

  it("K02 settles when a model that it adds is available", async () => {
    const { server } = await start("models: {}\n");
    serving?.rewrite(`${SERVER}models: { small: {} }\n`);
    expect(await server.reload()).toEqual({
      added: ["small"],
      removed: [],
      changed: [],
      unchanged: [],
      unavailable: new Map(),
    });
    expect(states("small")).toEqual({ 1: "available" });
  });

  it("K03 does not wait for the unload of what it takes away, which stays listed as ended", async () => {
    const { server } = await start("models: { small: {} }\n");
    const handle = await server.models.acquire({ model: "small" });
    serving?.rewrite(`${SERVER}models: {}\n`);
    expect((await server.reload()).removed).toEqual(["small"]);
    expect(states("small")).toEqual({ 1: "unloading" });
    handle[Symbol.dispose]();
    await server.settled();
    expect(states("small")).toEqual({ 1: "end" });
    expect(server.models.readiness().ready).toBe(true);
  });

  it("K04 loads again what it had unloaded", async () => {
    const { server } = await start("models: { small: {} }\n");
    serving?.rewrite(`${SERVER}models: {}\n`);
    await server.reload();
    await server.settled();
    serving?.rewrite(`${SERVER}models: { small: {} }\n`);
    await server.reload();
    expect(states("small")).toEqual({ 1: "available" });
  });

  it("K07 tells of a model that cannot be loaded, and serves the others", async () => {
    await mkdir(join(folder.path, "models", "broken", "1"), { recursive: true });
    await writeFile(join(folder.path, "models", "broken", "1", "model.onnx"), "this is no model");
    const { server } = await start("models: {}\n");
    serving?.rewrite(`${SERVER}models: { broken: {}, small: {} }\n`);
    const { unavailable } = await server.reload();
    expect([...unavailable.keys()]).toEqual(["broken"]);
    expect(unavailable.get("broken")).toContain("version 1 is in state error");
    expect(states("small")).toEqual({ 1: "available" });
  });

  it("K11 refuses what is wrong with the line, and changes nothing", async () => {
    const { server } = await start("models: { small: {} }\n");
    serving?.rewrite(`${SERVER}models: { large: {}, small: {}, large: {} }\n`);
    await expect(server.reload()).rejects.toMatchObject({
      reason: "CONFIG_INVALID",
      message: expect.stringContaining(":3:"),
    });
    expect(server.models.models().map(({ model }) => model)).toEqual(["small"]);
  });

  it("K14 answers by version, by label, and with the newest where neither is named", async () => {
    await addVersion("both", 1);
    await addVersion("both", 2);
    const { server } = await start("models: { both: { versions: all, labels: { A: 1, B: 2 } } }\n");
    const versionOf = async (target: { version?: bigint; label?: string }) => {
      using handle = await server.models.acquire({ model: "both", ...target });
      return handle.version;
    };
    expect(await versionOf({})).toBe(2n);
    expect(await versionOf({ version: 1n })).toBe(1n);
    expect(await versionOf({ label: "A" })).toBe(1n);
    expect(await versionOf({ label: "B" })).toBe(2n);
    await expect(versionOf({ label: "nonexistent label" })).rejects.toThrow("Unrecognized servable version label");
  });

  it("finds versions that came meanwhile, also where polls are rare", async () => {
    const { server } = await start("models: { small: {} }\n");
    await addVersion("small", 3, 2);
    await server.reload();
    await expect.poll(() => states("small")[3]).toBe("available");
  });

  it("moves labels and traffic of a model that stays without loading it again", async () => {
    await addVersion("both", 1);
    await addVersion("both", 2);
    const { server } = await start("models: { both: { versions: all } }\n");
    const since = server.models.status("both")?.versions.map(({ sinceMs }) => sinceMs);
    serving?.rewrite(`${SERVER}models: { both: { versions: all, labels: { stable: 1 }, traffic: { stable: 1 } } }\n`);
    expect((await server.reload()).changed).toEqual(["both"]);
    using handle = await server.models.acquire({ model: "both" });
    expect(handle.version).toBe(1n);
    expect(server.models.status("both")?.versions.map(({ sinceMs }) => sinceMs)).toEqual(since);
  });

  it.each([
    ["the server", SERVER.replace("86400000", "1000"), "server"],
    ["the storage", SERVER.replace("./models", "./other"), "storage (disk at"],
    ["a backend's options", `${SERVER}backends: [{ use: onnx, threads: 3 }]\n`, "backends (onnx at"],
    ["what is there by default", `${SERVER}management: false\n`, "extensions (without"],
  ])("refuses another %s, since only a new start can apply that", async (_name, text, words) => {
    const { server } = await start("models: { small: {} }\n");
    serving?.rewrite(`${text}models: { large: {} }\n`);
    await expect(server.reload()).rejects.toMatchObject({
      reason: "RESTART_NEEDED",
      message: expect.stringContaining(words),
    });
    expect(server.models.models().map(({ model }) => model)).toEqual(["small"]);
  });

  it("comes one after the other", async () => {
    const { server } = await start("models: {}\n");
    serving?.rewrite(`${SERVER}models: { small: {}, large: {} }\n`);
    const [first, second] = await Promise.all([server.reload(), server.reload()]);
    expect([first.added, second.added, second.unchanged]).toEqual([["small", "large"], [], ["small", "large"]]);
  });
});
