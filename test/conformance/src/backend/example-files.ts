import { readdir, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import type { FileEntry, VersionFiles } from "@plinth/core";
import type { ExampleFiles } from "./backend-under-test.js";

/** The example's files as a storage would give them, and whether somebody has disposed them. */
export async function openExample(example: ExampleFiles): Promise<VersionFiles & { readonly disposed: boolean }> {
  const { directory } = example;
  const paths = example.paths ?? (await pathsBelow(directory));
  const files = await Promise.all(
    [...paths]
      .sort()
      .map(async (path): Promise<FileEntry> => ({ path, bytes: (await stat(join(directory, path))).size })),
  );
  let disposed = false;
  return {
    directory,
    files,
    get disposed() {
      return disposed;
    },
    async [Symbol.asyncDispose]() {
      disposed = true;
    },
  };
}

async function pathsBelow(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)).split(sep).join("/"));
}
