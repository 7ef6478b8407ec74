import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { checkFilePath, type FileEntry, PlinthError, type VersionFiles } from "@plinth/core";
import { extract } from "tar-stream";

/** Most bytes and files that come out of an archive: past any module of TensorFlow Hub. */
const MAX_BYTES = 2 ** 34;
const MAX_FILES = 10_000;

/** What belongs to a tar but is no file of its own. */
const NO_FILES: ReadonlySet<string> = new Set(["directory", "pax-header", "pax-global-header"]);

/**
 * Unpacks the `.tar.gz` of a Hub module into a folder for temporary files, which goes with what is given back. Links and paths that lead
 * elsewhere are refused.
 *
 * @throws PlinthError `MODEL_FILE_INVALID`
 */
export async function unpackModule(directory: string, path: string, signal: AbortSignal): Promise<VersionFiles> {
  const target = await mkdtemp(join(tmpdir(), "plinth-hub-module-"));
  const remove = () => rm(target, { recursive: true, force: true });
  try {
    const files = await unpack(join(directory, path), target, signal);
    return { directory: target, files, [Symbol.asyncDispose]: remove };
  } catch (thrown) {
    await remove();
    signal.throwIfAborted();
    throw invalid(path, thrown);
  }
}

async function unpack(archivePath: string, target: string, signal: AbortSignal): Promise<readonly FileEntry[]> {
  const archive = extract();
  const reading = pipeline(createReadStream(archivePath), createGunzip(), archive, { signal });
  const files: FileEntry[] = [];
  let total = 0;
  try {
    for await (const entry of archive) {
      const { name, type, size = 0 } = entry.header;
      if (NO_FILES.has(type ?? "file")) {
        entry.resume();
        continue;
      }
      const path = name.replace(/^(?:\.\/)+/, "");
      if (type !== "file" && type !== "contiguous-file")
        throw new Error(`${JSON.stringify(path)} is a ${type}, not a file`);
      checkFilePath(path);
      total += size;
      if (total > MAX_BYTES || files.length === MAX_FILES) {
        throw new Error(`it holds more than ${MAX_BYTES} bytes or ${MAX_FILES} files`);
      }
      await mkdir(dirname(join(target, path)), { recursive: true });
      await pipeline(entry as unknown as Readable, createWriteStream(join(target, path), { flags: "wx" }), { signal });
      files.push({ path, bytes: size });
    }
    await reading;
    return files;
  } catch (error) {
    archive.destroy(error as Error);
    await reading.catch(() => {});
    throw error;
  }
}

function invalid(path: string, thrown: unknown): PlinthError {
  const { message } = PlinthError.from(thrown);
  return new PlinthError(
    "MODEL_FILE_INVALID",
    `${path} cannot be unpacked: ${message}. Expected the .tar.gz of a TensorFlow Hub module, with plain files alone`,
    { cause: thrown },
  );
}
