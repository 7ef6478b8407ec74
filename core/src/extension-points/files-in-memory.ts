import { PlinthError } from "../model/errors.js";
import type { FileEntry, VersionFiles } from "./storage.js";

/** A version whose files lie in memory and in no folder, for storages to give to those who read {@link VersionFiles.contents}. */
export class FilesInMemory implements VersionFiles {
  readonly files: readonly FileEntry[];
  readonly contents: ReadonlyMap<string, Uint8Array>;
  readonly #release: () => Promise<void>;

  /** @param release called once, when whoever reads the files is done with them */
  constructor(
    files: readonly FileEntry[],
    contents: ReadonlyMap<string, Uint8Array>,
    release: () => Promise<void> = async () => {},
  ) {
    this.files = files;
    this.contents = contents;
    this.#release = release;
  }

  get directory(): string {
    throw new PlinthError(
      "INTERNAL",
      "Expected files in memory to be read from contents, but a folder was asked for: open the version without contents",
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#release();
  }
}
