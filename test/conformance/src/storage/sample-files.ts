import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { IncomingFile, ModelVersion, VersionFiles } from "@plinth/core";
import type { StorageContext } from "./storage-under-test.js";

/** One file in one piece. */
export function textFile(path: string, text: string): IncomingFile {
  return { path, content: [Buffer.from(text)] };
}

/** One file in one piece with its checksum. */
export function checkedFile(path: string, text: string): IncomingFile {
  return { ...textFile(path, text), sha256: sha256(Buffer.from(text)) };
}

/** In lower-case hexadecimal. */
export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** A small version, told apart by its text. */
export function smallVersion(text = "weights"): readonly IncomingFile[] {
  return [textFile("model.txt", text), textFile("variables/data.txt", `${text} data`)];
}

/** Bytes without a short pattern, so that pieces in a wrong order are noticed; the same in each run. */
export function noise(bytes: number): Buffer {
  const words = new Uint32Array(Math.ceil(bytes / 4));
  let word = 1;
  for (let index = 0; index < words.length; index++) {
    // The generator of Numerical Recipes, second edition, section 7.1.
    word = Math.imul(word, 1_664_525) + 1_013_904_223;
    words[index] = word;
  }
  return Buffer.from(words.buffer, 0, bytes);
}

/** The text of every file of an open version by path, read from where the files lie. */
export async function textsOf(files: VersionFiles): Promise<Record<string, string>> {
  const { contents } = files;
  if (contents !== undefined) {
    return Object.fromEntries([...contents].map(([path, bytes]) => [path, Buffer.from(bytes).toString()]));
  }
  const entries = await Promise.all(
    files.files.map(async ({ path }) => [path, await readFile(join(files.directory, path), "utf8")] as const),
  );
  return Object.fromEntries(entries);
}

/** Opens a version, reads its texts and closes it again. */
export async function readVersion(
  { storage, signal }: StorageContext,
  model: string,
  version: ModelVersion,
): Promise<Record<string, string>> {
  const files = await storage.open(model, version, { signal });
  try {
    return await textsOf(files);
  } finally {
    await files[Symbol.asyncDispose]();
  }
}

/** Every regular file below a folder, sorted. */
export async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1)).sort();
}
