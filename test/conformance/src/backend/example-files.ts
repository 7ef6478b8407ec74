import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { type FileEntry, FilesInMemory, type VersionFiles } from "@plinth/core";
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

/** The example's files in shared memory, as a storage would give them that keeps them there. */
export async function openInMemory(example: ExampleFiles): Promise<VersionFiles> {
  const { directory, files } = await openExample(example);
  const contents = await Promise.all(
    files.map(async ({ path, bytes }) => {
      const content = new Uint8Array(new SharedArrayBuffer(bytes));
      content.set(await readFile(join(directory, path)));
      return [path, content] as const;
    }),
  );
  return new FilesInMemory(files, new Map(contents));
}

async function pathsBelow(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)).split(sep).join("/"));
}
