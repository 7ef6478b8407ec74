import { existsSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { manifest, PACKAGES, packageOf, ROOT, sourceFiles } from "./source-files.js";

/** Longest that a file should be; past it, it is two things. */
const MAX_LINES = 400;

describe.each(PACKAGES)("%s", (folder) => {
  const declared = manifest(folder);
  const files = sourceFiles(`${folder}/src`);

  it("says what it is", () => {
    expect(declared).toMatchObject({
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      description: expect.any(String),
      license: "Apache-2.0",
      type: "module",
      engines: { node: ">=20.19" },
      exports: expect.any(Object),
    });
  });

  it("has a README, the licence, and a CHANGELOG with its version", () => {
    expect(readFileSync(join(ROOT, folder, "LICENSE"), "utf8")).toBe(readFileSync(join(ROOT, "LICENSE"), "utf8"));
    expect(existsSync(join(ROOT, folder, "README.md"))).toBe(true);
    expect(readFileSync(join(ROOT, folder, "CHANGELOG.md"), "utf8")).toContain(`## ${declared.version}`);
  });

  it("declares exactly what it imports", () => {
    const imported = files
      .flatMap(({ imports }) => imports)
      .filter((name) => !name.startsWith(".") && !name.startsWith("node:"))
      .map(packageOf);
    expect(imported.filter((name) => builtinModules.includes(name))).toEqual([]);
    const allowed = { ...declared.dependencies, ...declared.peerDependencies };
    expect(new Set(imported.filter((name) => !(name in allowed)))).toEqual(new Set());
    const bundledPlugins = Object.keys(declared.dependencies ?? {}).filter((name) => name.startsWith("@plinth/"));
    const unused = Object.keys(declared.dependencies ?? {}).filter((name) => !imported.includes(name));
    expect(unused.filter((name) => !bundledPlugins.includes(name))).toEqual([]);
  });

  it("pins its dependencies", () => {
    const loose = Object.entries(declared.dependencies ?? {}).filter(
      ([name, range]) => !name.startsWith("@plinth/") && !/^\d+\.\d+\.\d+$/.test(range),
    );
    expect(loose).toEqual([]);
  });

  it("exports names one by one", () => {
    const starred = files.filter(({ text }) => /^export \*/m.test(text)).map(({ path }) => path);
    expect(starred).toEqual([]);
  });

  it("keeps its files short, its types known and its output to the logger", () => {
    const written = files.filter(({ path }) => !path.includes("/generated/"));
    const faults = written.flatMap(({ path, text, code }) => [
      ...(text.split("\n").length > MAX_LINES ? [`${path} has more than ${MAX_LINES} lines`] : []),
      ...(/:\s*any\b|\bas any\b|<any>/.test(code) ? [`${path} says any`] : []),
      ...(/\bconsole\./.test(code) ? [`${path} uses console`] : []),
    ]);
    expect(faults).toEqual([]);
  });
});
