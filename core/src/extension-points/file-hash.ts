import { createHash, type Hash } from "node:crypto";
import { SharedThread } from "./shared-thread.js";

const HASHING = `
const { createHash } = require("node:crypto");
const begin = () => {
  const hash = createHash("sha256");
  return (piece) => (piece === null ? hash.digest("hex") : void hash.update(piece));
};
`;

const thread = new SharedThread<Uint8Array | null, string | undefined>("plinth-hash", HASHING);

/** The SHA-256 of a file that comes in pieces. One call at a time. */
export interface FileHash extends Disposable {
  /** Settles when the piece is no longer needed. */
  update(piece: Uint8Array): Promise<void>;
  /** In lower-case hexadecimal; the last call. */
  digest(): Promise<string>;
}

/** Computed at once, for what takes no longer than telling another thread of it. */
export class HashHere implements FileHash {
  readonly #hash: Hash = createHash("sha256");

  async update(piece: Uint8Array): Promise<void> {
    this.#hash.update(piece);
  }

  async digest(): Promise<string> {
    return this.#hash.digest("hex");
  }

  [Symbol.dispose](): void {}
}

/** Computed beside the event loop, which a gigabyte would keep for most of a second. Pieces are to lie in shared memory. */
export class HashBeside implements FileHash {
  readonly #thread = thread.use();

  async update(piece: Uint8Array): Promise<void> {
    await this.#thread.call(piece);
  }

  async digest(): Promise<string> {
    return (await this.#thread.call(null)) ?? "";
  }

  [Symbol.dispose](): void {
    this.#thread[Symbol.dispose]();
  }
}
