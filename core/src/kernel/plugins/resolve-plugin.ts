import { readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { isAbsolute, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { moduleResolve } from "import-meta-resolve";
import { PlinthError } from "../../model/errors.js";
import { nearestKey } from "../config/nearest-key.js";
import { messageOf } from "../message-of.js";
import { installedPlugins } from "./installed-plugins.js";

/**
 * What a plugin may be in the configuration. A short name `disk` of a storage is the package `@plinth/storage-disk`. An extension
 * owns a top-level word; its short name `management` is the package `@plinth/management`.
 */
export const PLUGIN_KINDS = ["storage", "backend", "protocol", "monitor", "extension"] as const;

export type PluginKind = (typeof PLUGIN_KINDS)[number];

/** Where plugins are looked for. */
export interface PluginLookup {
  /** Absolute path of the configuration's folder: paths are relative to it, packages are looked up from it first. */
  readonly directory: string;
  /** File URLs of the modules from where packages are looked up next, in this order. */
  readonly resolveFrom: readonly string[];
  /** Which of a package's exports are meant, as by `importConditions`. */
  readonly conditions: ReadonlySet<string>;
}

/** npm's names, with or without a path behind. Nothing else may reach Node's resolution, which also takes `data:` and `node:`. */
const PACKAGE_NAME = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*(?<subpath>\/[^\\%]+)?$/i;

/**
 * The file URL of the module that `use` names: a path where it begins with `.` or is absolute, else a short name of its kind,
 * else an npm package. Imports nothing.
 *
 * @throws PlinthError `PLUGIN_NOT_FOUND`, or `PLUGIN_INVALID` where there is a package that cannot be imported.
 */
export function resolvePlugin(kind: PluginKind, use: string, lookup: PluginLookup): string {
  if (use.startsWith(".") || isAbsolute(use)) return resolvePath(use, lookup);
  const name = PACKAGE_NAME.exec(use);
  if (name === null) {
    throw new PlinthError(
      "PLUGIN_NOT_FOUND",
      `expected a short name as "memory", the name of an npm package, or a path that begins with "./", got ${JSON.stringify(use)}`,
    );
  }
  const isShort = !use.includes("/");
  const ownName = kind === "extension" ? `@plinth/${use}` : `@plinth/${kind}-${use}`;
  const candidates = isShort ? [ownName, use] : [use];
  const parents = [folderUrl(lookup.directory), ...lookup.resolveFrom];
  for (const candidate of candidates) {
    for (const parent of parents) {
      const url = tryResolve(candidate, parent, lookup.conditions);
      if (url !== undefined) return url;
    }
  }
  throw notFound(kind, use, candidates, parents);
}

/** Whether Plinth's own package of that short name is installed. */
export function isInstalled(kind: PluginKind, word: string, lookup: PluginLookup): boolean {
  const name = kind === "extension" ? `@plinth/${word}` : `@plinth/${kind}-${word}`;
  const parents = [folderUrl(lookup.directory), ...lookup.resolveFrom];
  return parents.some((parent) => tryResolve(name, parent, lookup.conditions) !== undefined);
}

function resolvePath(use: string, { directory, conditions }: PluginLookup): string {
  const path = resolve(directory, use);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isFile()) return pathToFileURL(path).href;
  if (!stats?.isDirectory()) {
    throw new PlinthError(
      "PLUGIN_NOT_FOUND",
      `there is no file or folder ${path}; paths are relative to the configuration's folder`,
    );
  }
  try {
    const { name, exports } = JSON.parse(readFileSync(join(path, "package.json"), "utf8")) as Record<string, unknown>;
    if (typeof name === "string" && exports !== undefined)
      return moduleResolve(name, new URL(folderUrl(path)), new Set(conditions)).href;
    return pathToFileURL(createRequire(folderUrl(path)).resolve(path)).href;
  } catch (cause) {
    throw new PlinthError(
      "PLUGIN_INVALID",
      `the folder ${path} is no package that can be imported; expected a package.json with exports or main: ${messageOf(cause)}`,
      { cause },
    );
  }
}

/** `undefined` where there is no such package. */
function tryResolve(name: string, parent: string, conditions: ReadonlySet<string>): string | undefined {
  try {
    const url = moduleResolve(name, new URL(parent), new Set(conditions));
    return url.protocol === "file:" ? url.href : undefined;
  } catch (cause) {
    const { code, url } = cause as { readonly code?: string; readonly url?: string };
    if (code === "ERR_MODULE_NOT_FOUND" && url === undefined) return undefined;
    throw new PlinthError(
      "PLUGIN_INVALID",
      url === undefined
        ? `the package ${name} cannot be imported: ${messageOf(cause)}`
        : `the package ${name} is there, but not its file ${fileURLToPath(url)}; was it built?`,
      { cause },
    );
  }
}

function notFound(
  kind: PluginKind,
  use: string,
  candidates: readonly string[],
  parents: readonly string[],
): PlinthError {
  const installed = installedPlugins(kind, parents);
  const nearest = nearestKey(use, installed);
  const found = installed.length === 0 ? "" : `; installed: ${installed.join(", ")}`;
  const advice =
    nearest === undefined ? `${found}; to install it:` : `; did you mean ${JSON.stringify(nearest)}? If not:`;
  const places = [...new Set(parents.map((parent) => fileURLToPath(new URL(".", parent))))];
  return new PlinthError(
    "PLUGIN_NOT_FOUND",
    `there is no ${kind} ${JSON.stringify(use)}: looked for the package ${candidates.join(" or ")} ` +
      `from ${places.join(" and ")}${advice} npm install ${packageOf(candidates[0] ?? use)}`,
    { details: { kind, use } },
  );
}

function packageOf(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

/** A URL inside the folder: modules are resolved from files. */
function folderUrl(directory: string): string {
  return pathToFileURL(join(directory, "package.json")).href;
}
