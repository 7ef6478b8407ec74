import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { PluginKind } from "./resolve-plugin.js";

/**
 * Short names of the plugins of one kind that are installed where modules at these file URLs would find them, sorted. Only
 * those of the `@plinth` scope: nothing tells of others that they are plugins.
 */
export function installedPlugins(kind: PluginKind, parents: readonly string[]): readonly string[] {
  const prefix = `${kind}-`;
  const names = new Set<string>();
  for (const parent of parents) {
    for (const folder of foldersAbove(fileURLToPath(parent))) {
      for (const name of entriesOf(join(folder, "node_modules", "@plinth"))) {
        if (name.startsWith(prefix)) names.add(name.slice(prefix.length));
      }
    }
  }
  return [...names].sort();
}

function* foldersAbove(path: string): Generator<string> {
  for (let folder = dirname(path), last = path; folder !== last; last = folder, folder = dirname(folder)) yield folder;
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Not there, or not for us to read: then nothing can be imported from it either.
    return [];
  }
}
