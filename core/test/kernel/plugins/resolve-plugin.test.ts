import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { installedPlugins } from "../../../src/kernel/plugins/installed-plugins.js";
import { type PluginKind, resolvePlugin } from "../../../src/kernel/plugins/resolve-plugin.js";
import { PlinthError } from "../../../src/model/errors.js";

let root: string;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "plinth-resolve-")));
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function write(path: string, content: string | object = ""): string {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

function writePackage(folder: string, manifest: object = { exports: "./index.js" }): void {
  write(`${folder}/package.json`, { name: folder.split("node_modules/").at(-1), type: "module", ...manifest });
  write(`${folder}/index.js`);
}

/** Relative to the temporary folder; the configuration lies in `config/`, the program in `program/`. */
function resolved(kind: PluginKind, use: string, conditions: readonly string[] = ["node", "import"]): string {
  const url = resolvePlugin(kind, use, {
    directory: join(root, "config"),
    resolveFrom: [pathToFileURL(join(root, "program/main.js")).href],
    conditions: new Set(conditions),
  });
  return url.replace(pathToFileURL(`${root}/`).href, "");
}

function refusal(kind: PluginKind, use: string): PlinthError {
  try {
    resolved(kind, use);
  } catch (error) {
    if (error instanceof PlinthError) return error;
    throw error;
  }
  return expect.fail(`${use} was found`);
}

test.each(["storage", "backend", "protocol", "monitor"] as const)(
  "takes a short name of a %s for Plinth's own package",
  (kind) => {
    writePackage(`node_modules/@plinth/${kind}-thing`);
    writePackage("node_modules/thing");
    expect(resolved(kind, "thing")).toBe(`node_modules/@plinth/${kind}-thing/index.js`);
  },
);

test("takes any other npm package by its name, with and without a scope or a path in it", () => {
  writePackage("node_modules/my-storage");
  writePackage("node_modules/@me/storage", { exports: { ".": "./index.js", "./second": "./second.js" } });
  write("node_modules/@me/storage/second.js");
  expect(resolved("storage", "my-storage")).toBe("node_modules/my-storage/index.js");
  expect(resolved("storage", "@me/storage")).toBe("node_modules/@me/storage/index.js");
  expect(resolved("storage", "@me/storage/second")).toBe("node_modules/@me/storage/second.js");
});

test("looks beside the configuration first, then beside the program", () => {
  writePackage("program/node_modules/@plinth/storage-disk");
  expect(resolved("storage", "disk")).toBe("program/node_modules/@plinth/storage-disk/index.js");
  writePackage("config/node_modules/@plinth/storage-disk");
  expect(resolved("storage", "disk")).toBe("config/node_modules/@plinth/storage-disk/index.js");
});

test("prefers Plinth's own package beside the program to a foreign one beside the configuration", () => {
  writePackage("config/node_modules/disk");
  writePackage("program/node_modules/@plinth/storage-disk");
  expect(resolved("storage", "disk")).toBe("program/node_modules/@plinth/storage-disk/index.js");
});

test("follows the conditions of the process and symbolic links of workspaces", () => {
  writePackage("packages/disk", {
    name: "@plinth/storage-disk",
    exports: { "@plinth/source": "./source.ts", default: "./index.js" },
  });
  write("packages/disk/source.ts");
  mkdirSync(join(root, "node_modules/@plinth"), { recursive: true });
  symlinkSync(join(root, "packages/disk"), join(root, "node_modules/@plinth/storage-disk"));
  expect(resolved("storage", "disk")).toBe("packages/disk/index.js");
  expect(resolved("storage", "disk", ["node", "import", "@plinth/source"])).toBe("packages/disk/source.ts");
});

test("takes a path relative to the configuration, or absolute", () => {
  const file = write("config/plugins/mine.js");
  expect(resolved("storage", "./plugins/mine.js")).toBe("config/plugins/mine.js");
  expect(resolved("storage", "../config/plugins/mine.js")).toBe("config/plugins/mine.js");
  expect(resolved("storage", file)).toBe("config/plugins/mine.js");
});

test("takes the folder of a package, by its exports, its main or its index.js", () => {
  writePackage("config/with-exports", { name: "with-exports", exports: { import: "./deep/entry.js" } });
  write("config/with-exports/deep/entry.js");
  writePackage("config/with-main", { name: "with-main", main: "./main.js" });
  write("config/with-main/main.js");
  writePackage("config/plain", { name: "plain" });
  expect(resolved("storage", "./with-exports")).toBe("config/with-exports/deep/entry.js");
  expect(resolved("storage", "./with-main")).toBe("config/with-main/main.js");
  expect(resolved("storage", "./plain/")).toBe("config/plain/index.js");
});

test("says where it looked, what is installed and how to install it", () => {
  writePackage("node_modules/@plinth/storage-disk");
  writePackage("program/node_modules/@plinth/storage-bucket");
  writePackage("node_modules/@plinth/backend-onnx");
  const { reason, message } = refusal("storage", "redis");
  expect(reason).toBe("PLUGIN_NOT_FOUND");
  expect(message).toContain("@plinth/storage-redis or redis");
  expect(message).toContain(`from ${root}/config/ and ${root}/program/`);
  expect(message).toContain("installed: bucket, disk; to install it: npm install @plinth/storage-redis");
  expect(refusal("storage", "dsik").message).toContain('did you mean "disk"? If not: npm install @plinth/storage-dsik');
  expect(refusal("storage", "@me/storage/second").message).toMatch(/npm install @me\/storage$/);
});

test.each([
  "node:fs",
  "fs",
  "path",
  "data:text/javascript,1",
  "https://example.com/a.js",
  "file:///a.js",
  "#internal",
  "",
  " ",
  "a b",
  "@scope",
  "a/../../b",
  "%2e%2e/b",
])("takes %j for no plugin", (use) => {
  expect(refusal("storage", use).reason).toMatch(/^PLUGIN_(NOT_FOUND|INVALID)$/);
});

test("tells a package that was not built from one that is not there", () => {
  writePackage("node_modules/@plinth/storage-disk", { exports: "./dist/index.js" });
  const { reason, message } = refusal("storage", "disk");
  expect(reason).toBe("PLUGIN_INVALID");
  expect(message).toContain(`${root}/node_modules/@plinth/storage-disk/dist/index.js; was it built?`);
});

test.each([
  ["exports for nobody", { exports: { browser: "./index.js" } }],
  ["exports out of its folder", { exports: "../../../secret.js" }],
])("refuses a package with %s", (_, manifest) => {
  writePackage("node_modules/odd", manifest);
  const { reason, message, cause } = refusal("storage", "odd");
  expect([reason, message.startsWith("the package odd cannot be imported: ")]).toEqual(["PLUGIN_INVALID", true]);
  expect(cause).toBeInstanceOf(Error);
});

test("refuses a path that is not there and a folder that is no package", () => {
  expect(refusal("storage", "./nowhere.js")).toMatchObject({
    reason: "PLUGIN_NOT_FOUND",
    message: expect.stringContaining(`${root}/config/nowhere.js`),
  });
  mkdirSync(join(root, "config/empty"), { recursive: true });
  expect(refusal("storage", "./empty")).toMatchObject({
    reason: "PLUGIN_INVALID",
    message: expect.stringContaining("package.json"),
  });
});

test("lists what is installed of a kind, beside and above", () => {
  for (const name of ["storage-disk", "storage-bucket", "backend-onnx"]) writePackage(`node_modules/@plinth/${name}`);
  writePackage("deep/er/node_modules/@plinth/storage-local");
  const parent = pathToFileURL(join(root, "deep/er/still/main.js")).href;
  expect(installedPlugins("storage", [parent])).toEqual(["bucket", "disk", "local"]);
  expect(installedPlugins("monitor", [parent])).toEqual([]);
});
