import { mkdir, open, rename, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type CheckedFile, type ModelVersion, PlinthError } from "@plinth/core";
import type { ModelFolder } from "./disk-catalogue.js";
import { diskError, ensureFolder, onDisk, systemCode } from "./disk-errors.js";

/**
 * Writes files below a new folder, so that they are there after a power cut. Fails where somebody takes the folder away.
 *
 * @returns the SHA-256 of each file by path
 */
export async function writeVersion(folder: string, files: AsyncIterable<CheckedFile>): Promise<Map<string, string>> {
  const folders = new Set<string>([folder]);
  const checksums = new Map<string, string>();
  await onDisk(`create ${folder}`, mkdir(folder));
  for await (const file of files) {
    for (const above of foldersAbove(join(folder, file.path), folder)) {
      if (!folders.has(above)) await onDisk(`create ${above}`, mkdir(above));
      folders.add(above);
    }
    await writeNewFile(join(folder, file.path), file.content);
    checksums.set(file.path, file.digest());
  }
  for (const each of folders) await syncFolder(each);
  return checksums;
}

/**
 * Moves a version that is whole to where it is found, in one step.
 *
 * @throws PlinthError `VERSION_EXISTS` where there is one already; nothing is moved then.
 */
export async function moveIntoPlace(
  from: string,
  { path: modelFolder, isPlaced }: ModelFolder,
  version: ModelVersion,
): Promise<void> {
  const target = join(modelFolder, String(version));
  for (let attempt = 1; ; attempt++) {
    if (!isPlaced) await ensureFolder(modelFolder);
    try {
      await rename(from, target);
      break;
    } catch (thrown) {
      // Another publish that failed, or a remove, may have taken the empty folder of the model away again.
      if (systemCode(thrown) === "ENOENT" && !isPlaced && attempt < 5) continue;
      if (!isPlaced) await removeIfEmpty(modelFolder);
      if (["EEXIST", "ENOTEMPTY", "ENOTDIR"].includes(systemCode(thrown) ?? "")) throw versionExists(target);
      throw diskError(`move a published version to ${target}`, thrown);
    }
  }
  try {
    await syncFolder(modelFolder);
    await syncFolder(dirname(modelFolder));
  } catch (thrown) {
    await rename(target, from);
    throw thrown;
  }
}

export function versionExists(folder: string): PlinthError {
  return new PlinthError(
    "VERSION_EXISTS",
    `There is ${folder} already, even if it may not be whole yet: publish a higher number, or remove it first`,
  );
}

/** Takes away a model's folder without versions; one that holds anything is left as it is. */
export async function removeIfEmpty(modelFolder: string): Promise<void> {
  try {
    await rmdir(modelFolder);
  } catch (thrown) {
    if (!["ENOTEMPTY", "EEXIST", "ENOENT", "ENOTDIR"].includes(systemCode(thrown) ?? "")) {
      throw diskError(`remove the empty folder ${modelFolder}`, thrown);
    }
  }
}

/** Makes what was created, renamed or removed in a folder survive a power cut, where the file system can do that. */
export async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, "r");
    await handle.sync().finally(() => handle.close());
  } catch (thrown) {
    if (!["EPERM", "EINVAL", "EISDIR", "ENOTSUP", "ENOENT"].includes(systemCode(thrown) ?? "")) {
      throw diskError(`write ${folder} to the disk`, thrown);
    }
  }
}

/** Folders between a file and a folder that it lies below, the highest first. */
function foldersAbove(file: string, top: string): readonly string[] {
  const above = dirname(file);
  return above === top ? [] : [...foldersAbove(above, top), above];
}

/** Writes a file that is not there yet, so that its content survives a power cut; its name does once its folder is synced. */
export async function writeNewFile(
  file: string,
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> {
  const handle = await onDisk(`create ${file}`, open(file, "wx"));
  try {
    for await (const chunk of content) await onDisk(`write ${file}`, handle.writeFile(chunk));
    // The kernel's file clock ticks every few milliseconds only; two versions published in one tick must not look alike.
    const nowSeconds = (performance.timeOrigin + performance.now()) / 1_000;
    await onDisk(`write ${file}`, handle.utimes(nowSeconds, nowSeconds));
    await onDisk(`write ${file}`, handle.sync());
  } finally {
    await handle.close();
  }
}
