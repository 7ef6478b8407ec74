// Puts what `tsc -b` made of each package into few files, in its folder `bundle`: that is what runs and what is published. The decision
// 0031 in docs/adr says why. Packages whose bundle is newer than what it is made of are left alone.
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { basename, dirname, isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** The parents of packages, and packages. */
const FOLDERS = ["core", "cli", ...["plugins", "libraries"].flatMap(foldersIn)];

/** Others' packages that come as dozens of files and are imported at every start: they are put into the bundle of who imports them. */
const TAKEN_IN = {
  core: ["zod", "yaml", "tsyringe", "import-meta-resolve"],
  cli: ["commander", "pino"],
};

/** What core has taken in for all. */
const IN_CORE = { zod: "@plinth/core/zod" };

/** What a module starts as a program of its own: a file beside it, and so beside the bundle. */
const STARTED_BESIDE = /new URL\("\.\/([\w-]+)\.js", import\.meta\.url\)/g;

for (const folder of FOLDERS) {
  const entries = entriesOf(folder);
  if (entries.size > 0 && !isUpToDate(folder, entries)) await bundle(folder, entries);
}

async function bundle(folder, entries) {
  const target = join(ROOT, folder, "bundle");
  rmSync(target, { recursive: true, force: true });
  const takenIn = TAKEN_IN[folder] ?? [];
  const isOutside = (id, importer = "") =>
    isBuiltin(id) ||
    !(id.startsWith(".") || isAbsolute(id) || takenIn.includes(id) || importer.includes("/node_modules/"));
  const made = await rolldown({ input: Object.fromEntries(entries), external: isOutside, platform: "node" });
  const paths = folder === "core" ? {} : IN_CORE;
  const { output } = await made.write({ dir: target, format: "esm", entryFileNames: "[name].js", paths });
  await made.close();
  const licences = licencesOf(output.flatMap(({ moduleIds = [] }) => moduleIds));
  if (licences !== "") writeFileSync(join(target, "LICENCES.txt"), licences);
}

/** What others want to be told to whoever has a copy of their modules. */
function licencesOf(modules) {
  const folders = new Set(modules.flatMap((path) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []));
  const texts = [...folders].sort().map((folder) => {
    const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    if (file === undefined) throw new Error(`Expected ${name} to come with its licence, found none in ${folder}`);
    return `${name} ${version}\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
  });
  return texts.join(`\n${"-".repeat(80)}\n\n`);
}

/** By the names that they have in `bundle`, the modules that are imported or started from outside. */
function entriesOf(folder) {
  const { exports, bin } = JSON.parse(readFileSync(join(ROOT, folder, "package.json"), "utf8"));
  const exported = Object.values(exports ?? {}).map((target) => target.default);
  const outside = [...exported, ...Object.values(bin ?? {}).map((program) => importOf(folder, program))];
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
  return /^await import\("(.+)"\);$/m.exec(readFileSync(join(ROOT, folder, program), "utf8"))?.[1];
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
