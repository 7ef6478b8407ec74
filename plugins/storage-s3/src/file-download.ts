import { type FileHandle, open } from "node:fs/promises";
import { fileHash } from "@plinth/core";
import type { ObjectStore } from "./object-store.js";
import { PART_BYTES, type PartBuffers } from "./part-buffers.js";
import { withRetries } from "./retries.js";
import type { VersionFile } from "./version-files.js";

/** Checksums of a file that was downloaded, in lower-case hexadecimal. */
export interface Digests {
  readonly sha256: string;
  /** Of files in one part only, whose ETag it may be. */
  readonly md5: string | undefined;
}

/**
 * Brings an object to a new local file, several parts at once, and the file to the disk. The parts are checked for their length and
 * summed in their order, so that nothing needs to be read again.
 *
 * @param received told of the bytes of each part
 */
export async function downloadFile(
  store: ObjectStore,
  { key, etag, bytes }: Pick<VersionFile, "key" | "etag" | "bytes">,
  target: string,
  buffers: PartBuffers,
  received: (bytes: number) => void,
  signal: AbortSignal,
): Promise<Digests> {
  using sha256 = fileHash(bytes);
  using md5 = /^[0-9a-f]{32}$/.test(etag) ? fileHash(bytes, "md5") : undefined;
  const file = await open(target, "wx", 0o444);
  try {
    for await (const part of partsInOrder(store, key, etag, bytes, buffers, signal)) {
      try {
        const { content, at } = part;
        await Promise.all([sha256.update(content), md5?.update(content), writeAt(file, content, at)]);
      } finally {
        part.release();
      }
      received(part.content.length);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return { sha256: await sha256.digest(), md5: await md5?.digest() };
}

interface Part {
  readonly at: number;
  readonly content: Buffer;
  release(): void;
}

/** Fetches as many parts at once as there are buffers, and gives them in order; each holds a buffer until it is released. */
async function* partsInOrder(
  store: ObjectStore,
  key: string,
  etag: string,
  bytes: number,
  buffers: PartBuffers,
  signal: AbortSignal,
): AsyncGenerator<Part> {
  const failing = new AbortController();
  const ending = AbortSignal.any([signal, failing.signal]);
  const coming: Promise<Part>[] = [];
  let next = 0;
  const fetchNext = async () => {
    const at = next;
    const length = Math.min(PART_BYTES, bytes - at);
    next += length;
    const buffer = await buffers.take(ending);
    const content = buffer.subarray(0, length);
    try {
      await withRetries(ending, () => store.readRange(key, etag, at, content, ending));
      return { at, content, release: () => buffers.giveBack(buffer) };
    } catch (thrown) {
      buffers.giveBack(buffer);
      throw thrown;
    }
  };
  const ahead = () => {
    while (next < bytes && coming.length < PARTS_AHEAD) {
      const part = fetchNext();
      part.catch(() => {});
      coming.push(part);
    }
  };
  try {
    for (ahead(); coming.length > 0; ahead()) yield await (coming.shift() as Promise<Part>);
  } finally {
    failing.abort(new Error("No longer wanted"));
    for (const outcome of await Promise.allSettled(coming)) if (outcome.status === "fulfilled") outcome.value.release();
  }
}

/** Parts of one file that are asked for at once. */
const PARTS_AHEAD = 6;

async function writeAt(file: FileHandle, content: Buffer, at: number): Promise<void> {
  for (let done = 0; done < content.length; ) {
    const { bytesWritten } = await file.write(content, done, content.length - done, at + done);
    done += bytesWritten;
  }
}
