import { dirname, join } from "node:path";
import { type CheckedFile, type ModelVersion, PlinthError } from "@plinth/core";
import { copyLocalFile } from "./copy-local-file.js";
import { type Disk, ensureFolder, type NewFile } from "./disk.js";
import type { ModelFolder } from "./disk-catalogue.js";
import { diskError, onDisk, systemCode } from "./disk-errors.js";
import type { UnfinishedFiles } from "./unfinished-files.js";

/** Files that are brought to the disk at once: more would only wait for each other. */
const MAX_SYNCS = 4;

/**
 * Writes files below a new folder, so that they are there after a power cut. Fails where somebody takes the folder away.
 *
 * @param unfinished what an earlier publish has left, and where the whole files of this one are kept
 * @returns the SHA-256 of each file by path
 */
export async function writeVersion(
  disk: Disk,
  folder: string,
  files: AsyncIterable<CheckedFile>,
  unfinished: UnfinishedFiles,
): Promise<Map<string, string>> {
  const folders = new Set<string>([folder]);
  const checksums = new Map<string, string>();
  await onDisk(`create ${folder}`, disk.makeFolder(folder));
  const syncs = new Syncs();
  try {
    for await (const file of files) {
      const path = join(folder, file.path);
      for (const above of foldersAbove(path, folder)) {
        if (!folders.has(above)) await onDisk(`create ${above}`, disk.makeFolder(above));
        folders.add(above);
      }
      const keptBytes = await unfinished.take(file.sha256, path);
      if (keptBytes === undefined) {
        const sync = await writeUnsynced(disk, path, async (target) => {
          if (!(await copyLocalFile(target, path, file))) await writeContent(target, path, file.content);
        });
        await syncs.begin(() => sync().then(() => unfinished.keep(file.sha256, path)));
      } else {
        file.keep(keptBytes);
      }
      checksums.set(file.path, file.digest());
    }
    await syncs.done();
  } finally {
    await syncs.settled();
  }
  for (const each of folders) await syncFolder(disk, each);
  return checksums;
}

/** Files on their way to the disk while the next ones are written already. */
class Syncs {
  readonly #underWay = new Set<Promise<void>>();
  #failure: { readonly thrown: unknown } | undefined;

  /** Begins one as soon as there are not too many. @throws what one before has failed with */
  async begin(sync: () => Promise<void>): Promise<void> {
    const running: Promise<void> = sync()
      .catch((thrown: unknown) => {
        this.#failure ??= { thrown };
      })
      .finally(() => this.#underWay.delete(running));
    this.#underWay.add(running);
    while (this.#underWay.size >= MAX_SYNCS) await Promise.race(this.#underWay);
    this.#throwFailure();
  }

  /** @throws what any of them has failed with */
  async done(): Promise<void> {
    await this.settled();
    this.#throwFailure();
  }

  async settled(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.thrown;
  }
}

/**
 * Moves a version that is whole to where it is found, in one step.
 *
 * @throws PlinthError `VERSION_EXISTS` where there is one already; nothing is moved then.
 */
export async function moveIntoPlace(
  disk: Disk,
  from: string,
  { path: modelFolder, isPlaced }: ModelFolder,
  version: ModelVersion,
): Promise<void> {
  const target = join(modelFolder, String(version));
  for (let attempt = 1; ; attempt++) {
    if (!isPlaced) await ensureFolder(disk, modelFolder);
    try {
      await disk.rename(from, target);
      break;
    } catch (thrown) {
      // Another publish that failed, or a remove, may have taken the empty folder of the model away again.
      if (systemCode(thrown) === "ENOENT" && !isPlaced && attempt < 5) continue;
      if (!isPlaced) await removeIfEmpty(disk, modelFolder);
      if (["EEXIST", "ENOTEMPTY", "ENOTDIR"].includes(systemCode(thrown) ?? "")) throw versionExists(target);
      throw diskError(`move a published version to ${target}`, thrown);
    }
  }
  try {
    await syncFolder(disk, modelFolder);
  } catch (thrown) {
    await disk.rename(target, from);
    if (!isPlaced) await removeIfEmpty(disk, modelFolder);
    throw thrown;
  }
}

/** Gives a whole file its name beside a model's versions. @returns whether there was none of that name */
export async function linkIntoPlace(
  disk: Disk,
  from: string,
  { path: modelFolder, isPlaced }: ModelFolder,
  name: string,
): Promise<boolean> {
  const target = join(modelFolder, name);
  if (!isPlaced) await ensureFolder(disk, modelFolder);
  try {
    await disk.link(from, target);
  } catch (thrown) {
    if (systemCode(thrown) === "EEXIST") return false;
    throw diskError(`lay ${target}`, thrown);
  }
  await syncFolder(disk, modelFolder);
  return true;
}

export function versionExists(folder: string): PlinthError {
  return new PlinthError(
    "VERSION_EXISTS",
    `There is ${folder} already, even if it may not be whole yet: publish a higher number, or remove it first`,
  );
}

/** Takes away a model's folder without versions; one that holds anything is left as it is. */
export async function removeIfEmpty(disk: Disk, modelFolder: string): Promise<void> {
  try {
    await disk.removeEmpty(modelFolder);
  } catch (thrown) {
    if (!["ENOTEMPTY", "EEXIST", "ENOENT", "ENOTDIR"].includes(systemCode(thrown) ?? "")) {
      throw diskError(`remove the empty folder ${modelFolder}`, thrown);
    }
  }
}

/** As {@link Disk.syncFolder}; a folder that has gone needs it no more. */
export async function syncFolder(disk: Disk, folder: string): Promise<void> {
  try {
    await disk.syncFolder(folder);
  } catch (thrown) {
    if (systemCode(thrown) !== "ENOENT") throw diskError(`write ${folder} to the disk`, thrown);
  }
}

type Content = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Writes a file that is not there yet, so that its content survives a power cut; its name does once its folder is synced. */
export async function writeNewFile(disk: Disk, path: string, content: Content): Promise<void> {
  const sync = await writeUnsynced(disk, path, (target) => writeContent(target, path, content));
  await sync();
}

/** @returns what makes the content survive a power cut, and closes the file; to be called once */
async function writeUnsynced(
  disk: Disk,
  path: string,
  write: (target: NewFile) => Promise<void>,
): Promise<() => Promise<void>> {
  const file = await onDisk(`create ${path}`, disk.createFile(path));
  try {
    await write(file);
    // The kernel's file clock ticks every few milliseconds only; two versions published in one tick must not look alike.
    await onDisk(`write ${path}`, file.stamp((performance.timeOrigin + performance.now()) / 1_000));
  } catch (thrown) {
    await file.close();
    throw thrown;
  }
  return () => onDisk(`write ${path}`, file.sync()).finally(() => file.close());
}

async function writeContent(target: NewFile, path: string, content: Content): Promise<void> {
  for await (const chunk of content) await onDisk(`write ${path}`, target.write(chunk));
}

/** Folders between a file and a folder that it lies below, the highest first. */
function foldersAbove(file: string, top: string): readonly string[] {
  const above = dirname(file);
  return above === top ? [] : [...foldersAbove(above, top), above];
}
