import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream as NodeReadableStream } from "node:stream/web";
import { checkFilePath } from "@plinth/core";
import type { VersionFileList } from "@plinth/management";
import { extract } from "tar-stream";

type VersionFile = VersionFileList["items"][number];

/**
 * Writes the files of a tar into a folder. Only files that were announced are taken, each of the size and, where it is known, the checksum
 * that it was announced with.
 *
 * @throws Error what is wrong, in words
 */
export async function unpackVersion(
  body: NodeReadableStream<Uint8Array>,
  announced: readonly VersionFile[],
  folder: string,
  received: (bytes: number) => void,
): Promise<void> {
  const missing = new Map(announced.map((file) => [file.path, file]));
  const archive = extract();
  const source = Readable.fromWeb(body);
  source.once("error", (error) => archive.destroy(error));
  source.pipe(archive as unknown as NodeJS.WritableStream);
  try {
    for await (const entry of archive) {
      const file = missing.get(entry.header.name);
      if (file === undefined) throw new Error(`${JSON.stringify(entry.header.name)} came unannounced`);
      missing.delete(file.path);
      await writeFile(entry as AsyncIterable<Uint8Array>, file, folder, received);
    }
  } finally {
    source.destroy();
  }
  if (missing.size > 0) throw new Error(`${[...missing.keys()].slice(0, 10).join(", ")} did not come`);
}

async function writeFile(
  content: AsyncIterable<Uint8Array>,
  { path, bytes, sha256 }: VersionFile,
  folder: string,
  received: (bytes: number) => void,
): Promise<void> {
  checkFilePath(path);
  const file = join(folder, path);
  const hash = createHash("sha256");
  let count = 0;
  await mkdir(dirname(file), { recursive: true });
  await pipeline(
    content,
    async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        count += chunk.length;
        hash.update(chunk);
        received(chunk.length);
        yield chunk;
      }
    },
    createWriteStream(file, { flags: "wx" }),
  );
  if (count !== bytes) throw new Error(`${path} has ${count} bytes, expected ${bytes}`);
  const digest = hash.digest("hex");
  if (sha256 !== undefined && digest !== sha256)
    throw new Error(`${path} has the SHA-256 ${digest}, expected ${sha256}`);
}
