import { createReadStream } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { VersionFiles } from "@plinth/core";
import { pack } from "tar-stream";

/** Without it equal versions would make different tars. */
const EPOCH = new Date(0);

/** A version's files as a tar, made while it is read. The files are given back when it ends or nobody reads it any more. */
export function outgoingTar(files: VersionFiles): ReadableStream<Uint8Array> {
  const archive = pack();
  void fill(archive, files)
    .catch((error) => archive.destroy(error as Error))
    .finally(() => files[Symbol.asyncDispose]());
  return Readable.toWeb(Readable.from(archive)) as ReadableStream<Uint8Array>;
}

async function fill(archive: ReturnType<typeof pack>, { directory, files }: VersionFiles): Promise<void> {
  for (const { path, bytes } of files) {
    const entry = archive.entry({ name: path, size: bytes, mode: 0o644, mtime: EPOCH });
    await pipeline(createReadStream(join(directory, path)), entry);
  }
  archive.finalize();
}
