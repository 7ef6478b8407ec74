import { join } from "node:path";
import { expect, test } from "vitest";
import { composeConfig, FaultList, type Location, mappingOf, treeOf } from "../../../src/index.js";
import { configErrorOf, FakeWorkspace } from "./fake-plugins.js";

const MODELS_FILE = "models.txt";

/** A configuration of which each model stands in a line of a file of its own. */
function tree(models: Readonly<Record<string, unknown>>) {
  const at: Location = { file: "--flags", line: 1, column: 1 };
  const entries = Object.entries(models).map(([name, section], index) => {
    const keyAt = { file: MODELS_FILE, line: index + 1, column: 3 };
    return [name, { keyAt, node: treeOf(section, keyAt) }] as const;
  });
  return mappingOf(at, [
    ["storage", { keyAt: at, node: treeOf({ use: "disk", root: "./models" }, at) }],
    ["models", { keyAt: at, node: mappingOf(at, entries) }],
  ]);
}

test("a configuration that is no YAML is pinned where it says so itself", async () => {
  using workspace = new FakeWorkspace();
  const file = join(workspace.directory, "flags");
  const config = await composeConfig(
    tree({ a: {}, b: { labels: { stable: 3 } } }),
    file,
    new FaultList(file),
    workspace.options,
  );
  expect(config.models?.get("b")?.pins.get("labels.stable")).toEqual({ file: MODELS_FILE, line: 2, column: 3 });
  expect(config.storage.position.file).toBe("--flags");
});

test("what is wrong in several files is told together, with the faults of whoever read them", async () => {
  using workspace = new FakeWorkspace();
  const file = join(workspace.directory, "flags");
  const faults = new FaultList(file);
  faults.add({ line: 9, column: 1, file: MODELS_FILE }, [], "unknown platform");
  faults.add({ line: 1, column: 1 }, [], "this one is in the file itself");
  const error = await configErrorOf(
    composeConfig(tree({ a: { versions: { latest: 0 } } }), file, faults, workspace.options),
  );
  expect(error.message.split("\n")).toEqual([
    expect.stringMatching(/^models.txt:1:3: models.a.versions/),
    "models.txt:9:1: unknown platform",
    `${file}:1:1: this one is in the file itself`,
  ]);
});
