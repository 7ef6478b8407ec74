import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { PLUGIN_API_VERSION } from "../../../src/extension-points/plugin.js";
import { loadPlugin, PLUGIN_IMPORT_TIMEOUT_MS } from "../../../src/kernel/plugins/load-plugin.js";

const GOOD = { name: "good", apiVersion: PLUGIN_API_VERSION, config: z.strictObject({}), register: () => {} };

let folder: string;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "plinth-load-")));
});

afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true, force: true });
});

const load = (exported: unknown) => loadPlugin("file:///a/index.js", "mine", async () => exported);

test("gives the plugin that a module exports", async () => {
  expect(await load({ plugin: GOOD })).toBe(GOOD);
});

test("leaves no timer behind", async () => {
  vi.useFakeTimers();
  await load({ plugin: GOOD });
  expect(vi.getTimerCount()).toBe(0);
});

test("imports a real module", async () => {
  const file = join(folder, "index.mjs");
  writeFileSync(
    file,
    `const schema = { "~standard": { version: 1, vendor: "none", validate: (value) => ({ value }), jsonSchema: { input: () => ({}) } } };
     export const plugin = { name: "real", apiVersion: ${PLUGIN_API_VERSION}, config: schema, register() {} };`,
  );
  const plugin = await loadPlugin(pathToFileURL(file).href, "real", (url) => import(url));
  expect(plugin.name).toBe("real");
});

test.each([
  ["nothing", {}, "exports no `plugin`"],
  ["a default export only", { default: GOOD }, "exports no `plugin`"],
  ["null", { plugin: null }, "is null"],
  ["a function", { plugin: () => GOOD }, "is a function"],
  [
    "an older plugin",
    { plugin: { ...GOOD, apiVersion: 0 } },
    `version 0 of the plugin contracts, this server has version ${PLUGIN_API_VERSION}; install a release of the plugin`,
  ],
  ["a newer plugin", { plugin: { ...GOOD, apiVersion: 99 } }, "version 99 of the plugin contracts"],
  ["no version", { plugin: { ...GOOD, apiVersion: "1" } }, "`apiVersion` is no number"],
  ["no name", { plugin: { ...GOOD, name: "" } }, "`name`"],
  ["no register", { plugin: { ...GOOD, register: {} } }, "`register`"],
  ["no config", { plugin: { ...GOOD, config: undefined } }, "Standard Schema"],
  [
    "a schema without JSON Schema",
    { plugin: { ...GOOD, config: { "~standard": { validate: () => {} } } } },
    "JSON Schema",
  ],
])("refuses a module that exports %s", async (_, exported, words) => {
  await expect(load(exported)).rejects.toMatchObject({
    reason: "PLUGIN_INVALID",
    message: expect.stringMatching(`^"mine" is no plugin that can be used: `),
    details: { use: "mine", moduleUrl: "file:///a/index.js" },
  });
  await expect(load(exported)).rejects.toThrow(words);
});

test("wraps what a module throws, with the plugin's name", async () => {
  const cause = new TypeError("no native library");
  await expect(loadPlugin("file:///a.js", "mine", () => Promise.reject(cause))).rejects.toMatchObject({
    reason: "PLUGIN_FAILED",
    message: 'the plugin "mine" failed while it was imported: no native library',
    cause,
  });
});

test("gives up on a module that never finishes", async () => {
  vi.useFakeTimers();
  const loading = expect(loadPlugin("file:///a.js", "mine", () => new Promise(() => {}))).rejects.toMatchObject({
    reason: "PLUGIN_FAILED",
    message: expect.stringContaining("did not finish within 60 seconds"),
  });
  await vi.advanceTimersByTimeAsync(PLUGIN_IMPORT_TIMEOUT_MS);
  await loading;
});
