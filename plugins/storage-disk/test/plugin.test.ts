import { mkdtemp, readdir, rm } from "node:fs/promises";
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
