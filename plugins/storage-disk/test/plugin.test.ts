import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigDirectory, Logger, ModelStorage, type Services, type Token } from "@plinth/core";
import { DiskStorage, plugin } from "@plinth/storage-disk";
import { expect, it, onTestFinished } from "vitest";
import { silentLogger } from "./silent-logger.js";

it("provides a storage whose root is relative to the configuration file", async () => {
  const folder = await mkdtemp(join(tmpdir(), "plinth-test-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const services = new Map<Token<unknown>, unknown>([
    [ConfigDirectory, folder],
    [Logger, silentLogger],
  ]);
  const provided = new Map<Token<unknown>, (services: Services) => unknown>();
  plugin.register({ provide: (token, factory) => provided.set(token, factory) }, { root: "./models", settleMs: 0 });
  const storage = provided.get(ModelStorage)?.({ get: (token) => services.get(token), getAll: () => [] } as Services);
  expect(storage).toBeInstanceOf(DiskStorage);
  await (storage as DiskStorage).start(new AbortController());
  expect(await readdir(folder)).toEqual(["models"]);
});

it("asks for a root, and waits two seconds for folders to settle where nothing else is said", async () => {
  expect(plugin.name).toBe("@plinth/storage-disk");
  expect(await plugin.config["~standard"].validate({ root: "models" })).toEqual({
    value: { root: "models", settleMs: 2_000 },
  });
});

it.each([
  {},
  { root: "" },
  { root: 1 },
  { root: "a", settleMs: -1 },
  { root: "a", settleMs: 0.5 },
  { root: "a", rot: "b" },
])("refuses the options %j", async (options) => {
  expect(await plugin.config["~standard"].validate(options)).toHaveProperty("issues");
});

it("has its options and their defaults in the README", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const [, table = ""] = /\| option .*\n\|.*\n((?:\|.*\n)+)/.exec(readme) ?? [];
  const documented = [...table.matchAll(/^\| `(\w+)` +\| (\w+) /gm)].map(([, name, value]) => [name, value]);
  const checked = await plugin.config["~standard"].validate({ root: "none" });
  const defaults = Object.entries("value" in checked ? checked.value : {}).map(([name, value]) => [
    name,
    String(value),
  ]);
  expect(documented).toEqual(defaults);
});
