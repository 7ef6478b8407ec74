import { randomUUID } from "node:crypto";
import {
  type CheckedFile,
  type FileEntry,
  FilesInMemory,
  type ModelVersion,
  type StoredVersion,
  type VersionFiles,
} from "@plinth/core";
import type { ByteBudget } from "./byte-budget.js";

/** Files of a version. */
interface ReadFiles {
  /** Sorted by path. */
  readonly files: readonly FileEntry[];
  /** In shared memory, so that worker threads read them where they are. */
  readonly contents: ReadonlyMap<string, Uint8Array>;
}

/** A version in memory. Its bytes count until it was discarded and nobody reads them any more. */
export class KeptVersion implements StoredVersion, ReadFiles {
  readonly version: ModelVersion;
  readonly fingerprint: string = randomUUID();
  readonly files: readonly FileEntry[];
  readonly contents: ReadonlyMap<string, Uint8Array>;
  readonly #budget: ByteBudget;
  /** Of those who read it, and of the storage itself. */
  #holders = 1;

  /** @param budget of which its bytes were taken */
  constructor(version: ModelVersion, { files, contents }: ReadFiles, budget: ByteBudget) {
    this.version = version;
    this.files = files;
    this.contents = contents;
    this.#budget = budget;
  }

  hold(): VersionFiles {
    this.#holders++;
    let held = true;
    return new FilesInMemory(this.files, this.contents, async () => {
      if (held) this.#release();
      held = false;
    });
  }

  /** Once, when nobody can open it any more. */
  discard(): void {
    this.#release();
  }

  #release(): void {
    this.#holders--;
    if (this.#holders === 0) this.#budget.giveBack(this.files.reduce((sum, { bytes }) => sum + bytes, 0));
  }
}

/** Takes the bytes of a version off the budget while it reads them, and gives them back where that fails. */
export async function readVersion(
  version: ModelVersion,
  received: AsyncIterable<CheckedFile>,
  budget: ByteBudget,
): Promise<KeptVersion> {
  const contents = new Map<string, Uint8Array>();
  const files: FileEntry[] = [];
  let taken = 0;
  try {
    for await (const file of received) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of file.content) {
        budget.take(chunk.byteLength);
        taken += chunk.byteLength;
        chunks.push(new Uint8Array(chunk));
      }
      const content = joinedShared(chunks);
      contents.set(file.path, content);
      files.push({ path: file.path, bytes: content.byteLength, sha256: file.digest() });
    }
  } catch (thrown) {
    budget.giveBack(taken);
    throw thrown;
  }
  files.sort((left, right) => (left.path < right.path ? -1 : 1));
  return new KeptVersion(version, { files, contents }, budget);
}

/** The chunks in one piece of shared memory. */
function joinedShared(chunks: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(new SharedArrayBuffer(chunks.reduce((sum, { byteLength }) => sum + byteLength, 0)));
  let at = 0;
  for (const chunk of chunks) {
    joined.set(chunk, at);
    at += chunk.byteLength;
  }
  return joined;
}
