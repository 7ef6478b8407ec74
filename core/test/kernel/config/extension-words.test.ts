import { expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { configSchema } from "../../../src/kernel/config/config-schema.js";
import { FAKE_PLUGINS, FakeWorkspace, fakePlugin } from "./fake-plugins.js";

const STORAGE = "storage: { use: disk, root: ./models }\n";

const MANAGEMENT = fakePlugin("@plinth/management", z.strictObject({ maxUploadBytes: z.int().default(10) }));

function workspaceWithManagement(): FakeWorkspace {
  return new FakeWorkspace({ ...FAKE_PLUGINS, "@plinth/management": MANAGEMENT, zebra: MANAGEMENT });
}

test("takes a top-level word for the plugin of that name", async () => {
  using workspace = workspaceWithManagement();
  const config = await workspace.parse(`${STORAGE}management: { maxUploadBytes: 7 }\n`);
  expect(config.extensions).toMatchObject([{ use: "management", options: { maxUploadBytes: 7 } }]);
  expect(parse(config.effective)).toMatchObject({ management: { maxUploadBytes: 7 } });
});

test("gives a word without options every default", async () => {
  using workspace = workspaceWithManagement();
  const config = await workspace.parse(`${STORAGE}management:\n`);
  expect(config.extensions).toMatchObject([{ options: { maxUploadBytes: 10 } }]);
  expect(parse(config.effective)).toMatchObject({ management: { maxUploadBytes: 10 } });
});

test("uses words that are there by default, unless they are switched off", async () => {
  using workspace = workspaceWithManagement();
  const defaults = { ...workspace.options.defaults, management: {} };
  expect((await workspace.parse(STORAGE, { defaults })).extensions).toHaveLength(1);
  const without = await workspace.parse(`${STORAGE}management: false\n`, { defaults });
  expect(without.extensions).toEqual([]);
  expect(parse(without.effective)).toMatchObject({ management: false });
});

test("lets a word name its plugin", async () => {
  using workspace = workspaceWithManagement();
  const config = await workspace.parse(`${STORAGE}control: { use: zebra, maxUploadBytes: 3 }\n`);
  expect(config.extensions).toMatchObject([{ use: "zebra", options: { maxUploadBytes: 3 } }]);
});

test("tells of wrong options with their place", async () => {
  using workspace = workspaceWithManagement();
  expect(await workspace.faults(`${STORAGE}management: { maxUploadByte: 3 }\n`)).toEqual([
    expect.stringMatching(/^2:15: management\.maxUploadByte: unknown key .*did you mean "maxUploadBytes"/),
  ]);
});

test("takes a misspelt word for what it is, also where a package has that name", async () => {
  using workspace = workspaceWithManagement();
  expect(await workspace.faults(`${STORAGE}protocol: {}\n`)).toEqual([
    expect.stringContaining('unknown key "protocol"; did you mean "protocols"?'),
  ]);
  expect(await workspace.faults(`${STORAGE}zebra: {}\n`)).toEqual([expect.stringContaining('unknown key "zebra"')]);
});

test("refuses a value that no plugin takes", async () => {
  using workspace = workspaceWithManagement();
  expect(await workspace.faults(`${STORAGE}management: 5\n`)).toEqual([
    expect.stringContaining('unknown key "management"'),
  ]);
});

test("has words in the JSON Schema", () => {
  const schema = configSchema([{ kind: "extension", use: "management", plugin: MANAGEMENT }]);
  expect(schema.properties).toMatchObject({
    management: { anyOf: [{ $ref: "#/$defs/extension-management" }, { type: "null" }, { const: false }] },
  });
  expect(schema.$defs).toMatchObject({ "extension-management": { properties: { maxUploadBytes: { default: 10 } } } });
});
