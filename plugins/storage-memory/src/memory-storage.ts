import { randomUUID } from "node:crypto";
import {
  ChangeWatchers,
  type CheckedFile,
  checkedFiles,
  checkModelName,
  checkModelVersion,
  type FileEntry,
  FilesInMemory,
  type IncomingFile,
  type ModelStorage,
  type ModelVersion,
  type OpenOptions,
  PlinthError,
  type PublishOptions,
  type StorageCallOptions,
  StorageCalls,
  type StoredModel,
  type StoredVersion,
  type VersionFiles,
} from "@plinth/core";
import { ByteBudget } from "./byte-budget.js";
import { MemoryRecords } from "./memory-records.js";
import type { MemoryStorageOptions } from "./options.js";
import { TemporaryFolder } from "./temporary-folder.js";

interface KeptVersion extends StoredVersion {
  /** Sorted by path. */
  readonly files: readonly FileEntry[];
  /** In shared memory, so that worker threads read them where they are. */
  readonly contents: ReadonlyMap<string, Uint8Array>;
}

/** Models and records in this process's memory, gone with it. Files are written to a temporary folder only while they are open. */
export class MemoryStorage implements ModelStorage {
  readonly records: MemoryRecords;
  readonly #calls = new StorageCalls();
  readonly #budget: ByteBudget;
  readonly #models = new Map<string, Map<ModelVersion, KeptVersion>>();
  /** Files on disk, by fingerprint, while a handle is open. */
  readonly #folders = new Map<string, TemporaryFolder>();
  readonly #watchers = new ChangeWatchers();

  constructor(options: MemoryStorageOptions) {
    this.#budget = new ByteBudget(options.maxBytes);
    this.records = new MemoryRecords(this.#calls, this.#budget);
  }

  async start({ signal }: StorageCallOptions): Promise<void> {
    this.#calls.check(signal);
  }

  async list({ signal }: StorageCallOptions): Promise<readonly StoredModel[]> {
    this.#calls.check(signal);
    return [...this.#models].map(([model, versions]) => ({
      model,
      versions: [...versions.values()].map(({ version, fingerprint }) => ({ version, fingerprint })),
    }));
  }

  open(model: string, version: ModelVersion, options: OpenOptions): Promise<VersionFiles> {
    return this.#calls.run(options.signal, async (signal) => {
      checkModelName(model);
      const kept = this.#kept(model, version);
      if (options.contents) return new FilesInMemory(kept.files, kept.contents);
      const { fingerprint } = kept;
      const folder =
        this.#folders.get(fingerprint) ?? new TemporaryFolder(kept, () => this.#folders.delete(fingerprint));
      this.#folders.set(fingerprint, folder);
      return folder.hold(signal);
    });
  }

  publish(
    model: string,
    version: ModelVersion,
    files: AsyncIterable<IncomingFile> | Iterable<IncomingFile>,
    options: PublishOptions,
  ): Promise<StoredVersion> {
    return this.#calls.run(options.signal, async (signal) => {
      checkModelName(model);
      checkModelVersion(version);
      this.#checkFree(model, version);
      const received = await this.#read(checkedFiles(files, signal, options.onProgress));
      try {
        signal.throwIfAborted();
        this.#checkFree(model, version);
      } catch (thrown) {
        this.#budget.giveBack(sumOfBytes(received.files));
        throw thrown;
      }
      const fingerprint = randomUUID();
      const versions = this.#models.get(model) ?? new Map<ModelVersion, KeptVersion>();
      this.#models.set(model, versions.set(version, { version, fingerprint, ...received }));
      this.#watchers.notify();
      return { version, fingerprint };
    });
  }

  remove(model: string, version: ModelVersion, options: StorageCallOptions): Promise<void> {
    return this.#calls.run(options.signal, async () => {
      checkModelName(model);
      const kept = this.#kept(model, version);
      const versions = this.#models.get(model);
      versions?.delete(version);
      if (versions?.size === 0) this.#models.delete(model);
      this.#budget.giveBack(sumOfBytes(kept.files));
      this.#watchers.notify();
    });
  }

  watch(changed: () => void): Disposable {
    this.#calls.check();
    return this.#watchers.add(changed);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#calls.close();
    this.#watchers.clear();
    this.#models.clear();
  }

  async #read(received: AsyncIterable<CheckedFile>): Promise<Pick<KeptVersion, "files" | "contents">> {
    const contents = new Map<string, Uint8Array>();
    const files: FileEntry[] = [];
    let taken = 0;
    try {
      for await (const file of received) {
        const chunks: Uint8Array[] = [];
        for await (const chunk of file.content) {
          this.#budget.take(chunk.byteLength);
          taken += chunk.byteLength;
          chunks.push(new Uint8Array(chunk));
        }
        const bytes = joinedShared(chunks);
        contents.set(file.path, bytes);
        files.push({ path: file.path, bytes: bytes.byteLength, sha256: file.digest() });
      }
    } catch (thrown) {
      this.#budget.giveBack(taken);
      throw thrown;
    }
    return { contents, files: files.sort((left, right) => (left.path < right.path ? -1 : 1)) };
  }

  #kept(model: string, version: ModelVersion): KeptVersion {
    const kept = this.#models.get(model)?.get(version);
    if (kept !== undefined) return kept;
    throw new PlinthError("VERSION_NOT_FOUND", `Model ${model} has no version ${version} in the memory storage`);
  }

  #checkFree(model: string, version: ModelVersion): void {
    if (!this.#models.get(model)?.has(version)) return;
    throw new PlinthError(
      "VERSION_EXISTS",
      `Version ${version} of model ${model} exists already: publish a higher number, or remove it first`,
    );
  }
}

/** The chunks in one piece of shared memory; they are let go one by one, so that little is there twice. */
function joinedShared(chunks: Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(new SharedArrayBuffer(chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0)));
  let at = 0;
  for (let chunk = chunks.shift(); chunk !== undefined; chunk = chunks.shift()) {
    joined.set(chunk, at);
    at += chunk.byteLength;
  }
  return joined;
}

function sumOfBytes(files: readonly FileEntry[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}
