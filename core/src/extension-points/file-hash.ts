import { createHash, type Hash } from "node:crypto";
import { SharedThread, type ThreadUse } from "./shared-thread.js";

/** Contents below this are hashed at once, in bytes: telling another thread of them takes as long. */
const BACKGROUND_FROM_BYTES = 1024 * 1024;

/** Bytes that the thread reads of a file at once: they stay in the nearest cache until they are hashed. */
const READ_BYTES = 64 * 1024;

const hashing = (algorithm: HashAlgorithm) => `
const { createHash } = require("node:crypto");
const { readSync } = require("node:fs");
const begin = () => {
  const hash = createHash("${algorithm}");
  let buffer;
  return (message) => {
    if (message === null) return hash.digest("hex");
    if (message instanceof Uint8Array) return void hash.update(message);
    buffer ??= Buffer.allocUnsafeSlow(${READ_BYTES});
    for (let { file, from, bytes } = message; bytes > 0; ) {
      const read = readSync(file, buffer, 0, Math.min(${READ_BYTES}, bytes), from);
      if (read === 0) throw new Error("a file has become shorter while it was read");
      hash.update(buffer.subarray(0, read));
      from += read;
      bytes -= read;
    }
  };
};
`;

/** A part of an open file, in bytes. */
export interface FileRange {
  /** Its number. */
  readonly file: number;
  readonly from: number;
  readonly bytes: number;
}

export type HashAlgorithm = "sha256" | "md5";

const newThread = (algorithm: HashAlgorithm) =>
  new SharedThread<Uint8Array | FileRange | null, string | undefined>(`plinth-${algorithm}`, hashing(algorithm));

const threads = { sha256: newThread("sha256"), md5: newThread("md5") };

/** The checksum of a file that comes in pieces. One call at a time; to be disposed. */
export interface FileHash extends Disposable {
  /** Settles when the piece is no longer needed. */
  update(piece: Uint8Array): Promise<unknown>;
  /** In lower-case hexadecimal; the last call. */
  digest(): Promise<string>;
}

/** @param bytes of the content, or of its first piece: whether it is worth another thread */
export function fileHash(bytes: number, algorithm: HashAlgorithm = "sha256"): FileHash {
  return bytes < BACKGROUND_FROM_BYTES ? new ImmediateHash(algorithm) : new BackgroundHash(algorithm);
}

class ImmediateHash implements FileHash {
  readonly #hash: Hash;

  constructor(algorithm: HashAlgorithm) {
    this.#hash = createHash(algorithm);
  }

  async update(piece: Uint8Array): Promise<void> {
    this.#hash.update(piece);
  }

  async digest(): Promise<string> {
    return this.#hash.digest("hex");
  }

  [Symbol.dispose](): void {}
}

/** Computed beside the event loop, which a gigabyte would keep for most of a second. To be disposed. */
export class BackgroundHash implements FileHash {
  readonly #thread: ThreadUse<Uint8Array | FileRange | null, string | undefined>;

  constructor(algorithm: HashAlgorithm = "sha256") {
    this.#thread = threads[algorithm].use();
  }

  /** @param piece best in shared memory, since other is copied */
  update(piece: Uint8Array): Promise<unknown> {
    return this.#thread.call(piece);
  }

  /** Reads what comes next from a file. @throws the system's error, or where the file ends before */
  updateFrom(range: FileRange): Promise<unknown> {
    return this.#thread.call(range);
  }

  async digest(): Promise<string> {
    return (await this.#thread.call(null)) ?? "";
  }

  [Symbol.dispose](): void {
    this.#thread[Symbol.dispose]();
  }
}
