import { posix } from "node:path";
import { describe, expect, it } from "vitest";
import { manifest, PACKAGES, packageOf, sourceFiles } from "./source-files.js";

/** Each folder of core may import itself and those before it. */
const LAYERS = ["zod.ts", "model", "extension-points", "serving", "kernel", "index.ts"];

function layerOf(path: string): number {
  return LAYERS.indexOf(path.replace(/^core\/src\//, "").split("/")[0] ?? "");
}

describe("core", () => {
  const files = sourceFiles("core/src");

  it("is made of known layers", () => {
    expect(files.length).toBeGreaterThan(30);
    expect(files.filter(({ path }) => layerOf(path) === -1).map(({ path }) => path)).toEqual([]);
  });

  it("imports from outer to inner layers only", () => {
    const outward = files.flatMap(({ path, imports }) =>
      imports
        .filter((specifier) => specifier.startsWith("."))
        .map((specifier) => posix.join(posix.dirname(path), specifier).replace(/\.js$/, ".ts"))
        .filter((imported) => layerOf(imported) > layerOf(path))
        .map((imported) => `${path} imports ${imported}`),
    );
    expect(outward).toEqual([]);
  });

  it("knows tsyringe in one file", () => {
    const knowing = files.filter(({ imports }) =>
      imports.some((name) => name === "tsyringe" || name === "reflect-metadata"),
    );
    expect(knowing.map(({ path }) => path)).toEqual(["core/src/kernel/service-container.ts"]);
  });

  it("never names a plugin", () => {
    const names = PACKAGES.filter((folder) => folder.startsWith("plugins/")).map((folder) => manifest(folder).name);
    const naming = files.filter(({ code }) => names.some((name) => new RegExp(`["'\`]${name}["'\`/]`).test(code)));
    expect(naming.map(({ path }) => path)).toEqual([]);
  });
});

const LIBRARIES = PACKAGES.filter((folder) => folder.startsWith("libraries/"));

describe.each(LIBRARIES)("%s", (folder) => {
  it("imports of Plinth other libraries and @plinth/core alone, which imports no library", () => {
    const allowed = ["@plinth/core", ...LIBRARIES.map((library) => manifest(library).name)];
    const imported = sourceFiles(`${folder}/src`).flatMap(({ imports }) => imports.map(packageOf));
    const foreign = imported.filter((name) => name.startsWith("@plinth/") || name === "plinth");
    expect(foreign.filter((name) => !allowed.includes(name))).toEqual([]);
    expect(sourceFiles("core/src").flatMap(({ imports }) => imports.map(packageOf))).not.toContain(
      manifest(folder).name,
    );
  });

  it("takes core, where it needs it, from whoever uses it", () => {
    expect(manifest(folder).dependencies ?? {}).not.toHaveProperty("@plinth/core");
  });
});

describe.each(PACKAGES.filter((folder) => folder.startsWith("plugins/")))("%s", (folder) => {
  it("imports @plinth/core and libraries by their names and no other plugin", () => {
    const libraries = LIBRARIES.map((library) => manifest(library).name);
    const foreign = sourceFiles(`${folder}/src`).flatMap(({ path, imports }) =>
      imports
        .filter((name) => packageOf(name).startsWith("@plinth/") || packageOf(name) === "plinth")
        .filter((name) => name !== "@plinth/core" && !libraries.includes(packageOf(name)))
        .map((name) => `${path} imports ${name}`),
    );
    expect(foreign).toEqual([]);
  });

  it("takes core from whoever uses it", () => {
    const { dependencies, peerDependencies } = manifest(folder);
    expect(peerDependencies).toHaveProperty("@plinth/core");
    expect(dependencies ?? {}).not.toHaveProperty("@plinth/core");
  });
});
