import { createHash, type Hash } from "node:crypto";
import { SharedThread } from "./shared-thread.js";

/** Bytes that the thread reads of a file at once: they stay in the nearest cache until they are hashed. */
const READ_BYTES = 64 * 1024;

const HASHING = `
const { createHash } = require("node:crypto");
const { readSync } = require("node:fs");
const begin = () => {
  const hash = createHash("sha256");
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

const thread = new SharedThread<Uint8Array | FileRange | null, string | undefined>("plinth-hash", HASHING);

/** The SHA-256 of a file that comes in pieces. One call at a time. */
export interface FileHash extends Disposable {
  /** Settles when the piece is no longer needed. */
  update(piece: Uint8Array): Promise<unknown>;
  /** In lower-case hexadecimal; the last call. */
  digest(): Promise<string>;
}

/** Computed at once, for what takes no longer than telling another thread of it. */
export class ImmediateHash implements FileHash {
  readonly #hash: Hash = createHash("sha256");

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
  readonly #thread = thread.use();

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
