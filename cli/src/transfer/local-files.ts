import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import type { UploadFile } from "@plinth/management";
import { CommandFailure, EXIT_USAGE } from "../exit.js";

/** The regular files below a folder, with their checksums, sorted by path. */
export async function localFiles(folder: string, signal: AbortSignal): Promise<readonly UploadFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    ({ code, message }: NodeJS.ErrnoException) => {
      const why = code === "ENOENT" ? "it is not there" : code === "ENOTDIR" ? "it is a file" : message;
      throw new CommandFailure(`${folder} cannot be read as the folder of a version: ${why}`, EXIT_USAGE);
    },
  );
  const names = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  if (names.length === 0)
    throw new CommandFailure(`${folder} holds no file; name the folder of one version`, EXIT_USAGE);
  const files: UploadFile[] = [];
  for (const name of names.sort()) {
    const path = relative(folder, name).split(sep).join("/");
    files.push({ path, bytes: (await stat(name)).size, sha256: await sha256Of(name, signal) });
  }
  return files;
}

async function sha256Of(file: string, signal: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash, { signal });
  return hash.digest("hex");
}
