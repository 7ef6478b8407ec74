import { FilesInMemory } from "../../../extension-points/files-in-memory.js";
import type { FileEntry, VersionFiles } from "../../../extension-points/storage.js";

/** Where a worker finds the files of a version. Contents in shared memory are read where they are; others are copied on the way. */
export type FilesLocation =
  | { readonly directory: string }
  | { readonly contents: NonNullable<VersionFiles["contents"]> };

export function locationOf(files: VersionFiles): FilesLocation {
  const { contents } = files;
  return contents === undefined ? { directory: files.directory } : { contents };
}

/** The files as a worker sees them; they stay as long as the server has the version. */
export function filesAt(location: FilesLocation, files: readonly FileEntry[]): VersionFiles {
  if ("contents" in location) return new FilesInMemory(files, location.contents);
  return { directory: location.directory, files, [Symbol.asyncDispose]: async () => {} };
}
