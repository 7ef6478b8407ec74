import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** Bytes to read from, in a file or in memory. Synchronous, because loading blocks the thread anyway and much longer. */
export interface ByteSource {
  readonly bytes: number;
  /** Fills `target` from `position` on, as far as there is anything. @returns how many bytes were read */
  read(target: Uint8Array, position: number): number;
  close(): void;
}

export class OpenFile implements ByteSource {
  readonly bytes: number;
  readonly #descriptor: number;

  /** Throws as `openSync` does. */
  constructor(path: string) {
    this.#descriptor = openSync(path, "r");
    this.bytes = fstatSync(this.#descriptor).size;
  }

  read(target: Uint8Array, position: number): number {
    return readSync(this.#descriptor, target, 0, target.length, position);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

export class BytesInMemory implements ByteSource {
  readonly #content: Uint8Array;

  constructor(content: Uint8Array) {
    this.#content = content;
  }

  get bytes(): number {
    return this.#content.byteLength;
  }

  read(target: Uint8Array, position: number): number {
    const found = this.#content.subarray(position, position + target.length);
    target.set(found);
    return found.length;
  }

  close(): void {}
}
