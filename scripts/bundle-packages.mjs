// Puts what `tsc -b` made of each package into few files, in its folder `bundle`: that is what runs and what is published. The decision
// 0031 in docs/adr says why. Packages whose bundle is newer than what it is made of are left alone.
import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** The parents of packages, and packages. */
const FOLDERS = ["core", "cli", ...["plugins", "libraries"].flatMap(foldersIn)];

/** What a module starts as a program of its own: a file beside it, and so beside the bundle. */
const STARTED_BESIDE = /new URL\("\.\/([\w-]+)\.js", import\.meta\.url\)/g;

for (const folder of FOLDERS) {
  const entries = entriesOf(folder);
  if (entries.size > 0 && !isUpToDate(folder, entries)) await bundle(folder, entries);
}

async function bundle(folder, entries) {
  const target = join(ROOT, folder, "bundle");
  rmSync(target, { recursive: true, force: true });
  const packages = (id) => !id.startsWith(".") && !isAbsolute(id);
  const made = await rolldown({ input: Object.fromEntries(entries), external: packages, platform: "node" });
  await made.write({ dir: target, format: "esm", entryFileNames: "[name].js" });
  await made.close();
}

/** By the names that they have in `bundle`, the modules that are imported or started from outside. */
function entriesOf(folder) {
  const { exports, bin } = JSON.parse(readFileSync(join(ROOT, folder, "package.json"), "utf8"));
  const outside = [exports?.["."]?.default, ...Object.values(bin ?? {}).map((program) => importOf(folder, program))];
  const names = new Set(outside.flatMap((path) => (path?.includes("/bundle/") ? [basename(path, ".js")] : [])));
  const built = join(ROOT, folder, "dist");
  const entries = new Map([...names].map((name) => [name, join(built, `${name}.js`)]));
  if (entries.size === 0) return entries;
  for (const path of modulesIn(built)) {
    for (const [, name] of readFileSync(path, "utf8").matchAll(STARTED_BESIDE)) {
      entries.set(name, join(dirname(path), `${name}.js`));
    }
  }
  return entries;
}

/** The module behind a command, which does no more than import it. */
function importOf(folder, program) {
  return /^import "(.+)";$/m.exec(readFileSync(join(ROOT, folder, program), "utf8"))?.[1];
}

function isUpToDate(folder, entries) {
  const times = (paths) => paths.map((path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  const bundled = [...entries.keys()].map((name) => join(ROOT, folder, "bundle", `${name}.js`));
  return Math.min(...times(bundled)) > Math.max(...times(modulesIn(join(ROOT, folder, "dist"))));
}

function modulesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".js") && !entry.parentPath.includes("/dist/app"))
    .map((entry) => join(entry.parentPath, entry.name));
}

function foldersIn(parent) {
  return readdirSync(join(ROOT, parent)).map((name) => join(parent, name));
}
