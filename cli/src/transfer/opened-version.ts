import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { join } from "node:path";
import type { FileEntry, IncomingFile, ModelStorage, VersionFiles } from "@plinth/core";
import type { NamedVersion } from "./selected-versions.js";

/** Bytes that are read at once: each time costs a way through the event loop, which is long where the machine is busy. */
const CHUNK_BYTES = 4 * 1024 * 1024;

/** A file of an open version with its checksum. */
export type SummedFile = FileEntry & { readonly sha256: string };

/** A version of a storage, open to be compared with another one or copied. */
export class OpenedVersion implements AsyncDisposable {
  readonly #files: VersionFiles;

  private constructor(files: VersionFiles) {
    this.#files = files;
  }

  static async open(
    storage: ModelStorage,
    { model, version }: NamedVersion,
    signal: AbortSignal,
  ): Promise<OpenedVersion> {
    return new OpenedVersion(await storage.open(model, version, { signal, contents: true }));
  }

  get files(): readonly FileEntry[] {
    return this.#files.files;
  }

  get bytes(): number {
    return this.files.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Every file with its checksum; those that the storage does not know are read for it. */
  async *summed(signal: AbortSignal): AsyncGenerator<SummedFile> {
    for (const file of this.files) {
      signal.throwIfAborted();
      yield { ...file, sha256: file.sha256 ?? (await this.#sha256Of(file.path)) };
    }
  }

  /** The files as a storage takes them, with the checksums that it is to find. */
  async *incoming(signal: AbortSignal): AsyncGenerator<IncomingFile> {
    for await (const { path, sha256 } of this.summed(signal)) {
      const localFile = this.#files.contents === undefined ? join(this.#files.directory, path) : undefined;
      yield { path, sha256, content: this.#content(path), localFile };
    }
  }

  /** Whether both have the same files with the same content. */
  async equals(other: OpenedVersion, signal: AbortSignal): Promise<boolean> {
    if (!hasSameSizes(this.files, other.files)) return false;
    const others = other.summed(signal);
    for await (const { sha256 } of this.summed(signal)) {
      const { value } = await others.next();
      if (value?.sha256 !== sha256) return false;
    }
    return true;
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#files[Symbol.asyncDispose]();
  }

  /** Opens nothing before it is read. All pieces are in one buffer, one after the other. */
  async *#content(path: string): AsyncGenerator<Uint8Array> {
    const content = this.#files.contents?.get(path);
    if (content !== undefined) {
      yield content;
      return;
    }
    await using file = await open(join(this.#files.directory, path));
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES);
      if (bytesRead === 0) return;
      yield chunk.subarray(0, bytesRead);
    }
  }

  async #sha256Of(path: string): Promise<string> {
    const hash = createHash("sha256");
    for await (const chunk of this.#content(path)) hash.update(chunk);
    return hash.digest("hex");
  }
}

/** Files are sorted by path. */
function hasSameSizes(left: readonly FileEntry[], right: readonly FileEntry[]): boolean {
  return (
    left.length === right.length &&
    left.every(({ path, bytes }, index) => path === right[index]?.path && bytes === right[index]?.bytes)
  );
}
