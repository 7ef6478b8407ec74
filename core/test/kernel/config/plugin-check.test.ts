import { expect, test } from "vitest";
import { z } from "zod";
import { definePlugin, type OptionFinding, type Plugin } from "../../../src/extension-points/plugin.js";
import { FAKE_PLUGINS, FakeWorkspace } from "./fake-plugins.js";

const CONFIG = `storage:
  use: disk
  root: ./models
  files: { here: a.txt, there: b.txt }
`;

function checked(check: Plugin<{ root: string }>["check"]): Record<string, unknown> {
  const disk = definePlugin({
    name: "@plinth/storage-disk",
    apiVersion: 1,
    config: z.strictObject({ root: z.string(), files: z.record(z.string(), z.string()).default({}) }),
    ...(check && { check }),
    register: () => {},
  });
  return { ...FAKE_PLUGINS, [disk.name]: disk };
}

const finding = (path: OptionFinding["path"], severity: OptionFinding["severity"] = "fault"): OptionFinding => {
  return { path, message: "is not there", severity };
};

test("what a plugin finds in its options is told with its place", async () => {
  using workspace = new FakeWorkspace(
    checked(async ({ root }, { directory }) => {
      expect([root, directory]).toEqual(["./models", workspace.directory]);
      return [finding(["files", "there"]), finding(["files", "nowhere"]), finding([])];
    }),
  );
  expect(await workspace.faults(CONFIG)).toEqual([
    "1:1: storage: is not there",
    "4:3: storage.files.nowhere: is not there",
    "4:32: storage.files.there: is not there",
  ]);
});

test("what deserves a word only is given with the configuration", async () => {
  using workspace = new FakeWorkspace(checked(async () => [finding(["root"], "warning")]));
  const { warnings } = await workspace.parse(CONFIG);
  expect(warnings).toMatchObject([{ line: 3, column: 9, path: "storage.root", message: "is not there" }]);
});

test("a plugin is not asked about options that its schema refuses", async () => {
  using workspace = new FakeWorkspace(
    checked(async () => {
      throw new Error("asked");
    }),
  );
  expect(await workspace.faults(CONFIG.replace("./models", "7"))).toEqual([
    expect.stringMatching(/^3:9: storage.root: expected text/),
  ]);
});

test("a plugin that cannot check its options is told of", async () => {
  using workspace = new FakeWorkspace(checked(() => Promise.reject(new Error("no disk"))));
  const why = 'the plugin "disk" failed to check its options: no disk';
  expect(await workspace.faults(CONFIG)).toEqual([expect.stringContaining(why)]);
});

test("what came from the environment is not shown by a plugin's words", async () => {
  using workspace = new FakeWorkspace(
    checked(async ({ root }) => [{ path: ["root"], message: `${root} is not there`, severity: "fault" }]),
  );
  const text = CONFIG.replace("./models", `\${ROOT}`);
  const [fault] = await workspace.faults(text, { environment: { ROOT: "/secret/place" } });
  expect(fault).not.toContain("secret");
  expect(fault).toContain("withheld");
});
