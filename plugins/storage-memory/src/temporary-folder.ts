import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type FileEntry, PlinthError, type VersionFiles } from "@plinth/core";

/** Files that lie in memory. */
export interface FilesToWrite {
  /** Sorted by path. */
  readonly files: readonly FileEntry[];
  readonly contents: ReadonlyMap<string, Uint8Array>;
}

/** A version's files on disk for as long as somebody holds them; only this user can read the folder. */
export class TemporaryFolder {
  readonly #files: readonly FileEntry[];
  readonly #written: Promise<string>;
  readonly #deleted: () => void;
  #holders = 0;

  /** Begins to write. `deleted` is called once nobody may {@link hold} it any more. */
  constructor({ files, contents }: FilesToWrite, deleted: () => void) {
    this.#files = files;
    this.#deleted = deleted;
    this.#written = writeFiles(contents);
  }

  async hold(signal: AbortSignal): Promise<VersionFiles> {
    this.#holders++;
    let held = true;
    const release = async () => {
      if (!held) return;
      held = false;
      await this.#release();
    };
    try {
      const directory = await this.#written;
      signal.throwIfAborted();
      return { directory, files: this.#files, [Symbol.asyncDispose]: release };
    } catch (thrown) {
      await release();
      throw thrown;
    }
  }

  async #release(): Promise<void> {
    this.#holders--;
    if (this.#holders > 0) return;
    this.#deleted();
    const [directory] = await Promise.allSettled([this.#written]);
    if (directory.status === "fulfilled") await rm(directory.value, { recursive: true, force: true });
  }
}

async function writeFiles(contents: ReadonlyMap<string, Uint8Array>): Promise<string> {
  try {
    return await writeFolder(await mkdtemp(join(tmpdir(), "plinth-")), contents);
  } catch (cause) {
    throw new PlinthError(
      "STORAGE_UNAVAILABLE",
      `Cannot write a version's files below ${tmpdir()}: ${(cause as Error).message}; point TMPDIR to a folder with room`,
      { cause },
    );
  }
}

async function writeFolder(directory: string, contents: ReadonlyMap<string, Uint8Array>): Promise<string> {
  try {
    for (const [path, content] of contents) {
      const file = join(directory, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
    }
    return directory;
  } catch (thrown) {
    await rm(directory, { recursive: true, force: true });
    throw thrown;
  }
}
