import { type FileHandle, open } from "node:fs/promises";
import { basename } from "node:path";
import { SavedModelError } from "../saved-model-error.js";
import { crc32c } from "./crc32c.js";

/** What one read takes: checksums are worked out in between, so this is also how long the event loop is held at once. */
const CHUNK_BYTES = 8 * 1024 * 1024;

/** A file with the values of variables. */
export class Shard {
  readonly name: string;
  readonly #file: FileHandle;
  readonly #size: number;

  private constructor(name: string, file: FileHandle, size: number) {
    this.name = name;
    this.#file = file;
    this.#size = size;
  }

  /** @throws SavedModelError `FILE_MISSING` */
  static async open(path: string): Promise<Shard> {
    const name = `variables/${basename(path)}`;
    try {
      const file = await open(path);
      return new Shard(name, file, (await file.stat()).size);
    } catch (error) {
      throw new SavedModelError("FILE_MISSING", `${name} cannot be opened; copy the model's folder again`, {
        cause: error,
      });
    }
  }

  /**
   * Memory of its own with the bytes at a place, and their checksum, not masked.
   *
   * @throws SavedModelError `FILE_INVALID` where the file is shorter
   */
  async read(
    offset: number,
    size: number,
    signal: AbortSignal | undefined,
  ): Promise<{ bytes: Uint8Array; checksum: number }> {
    if (offset < 0 || size < 0 || offset + size > this.#size) {
      throw new SavedModelError(
        "FILE_INVALID",
        `${this.name} is cut off: expected ${size} bytes at ${offset}, got a file of ${this.#size}; copy the model's folder again`,
      );
    }
    const bytes = new Uint8Array(size);
    let checksum = 0;
    for (let done = 0; done < size; ) {
      signal?.throwIfAborted();
      const { bytesRead } = await this.#file.read(bytes, done, Math.min(CHUNK_BYTES, size - done), offset + done);
      if (bytesRead === 0) throw new SavedModelError("FILE_INVALID", `${this.name} became shorter while it was read`);
      checksum = crc32c(bytes.subarray(done, done + bytesRead), checksum);
      done += bytesRead;
    }
    return { bytes, checksum };
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
