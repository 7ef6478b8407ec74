import {
  ChangeWatchers,
  checkedFiles,
  checkModelName,
  checkModelVersion,
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
import { type KeptVersion, readVersion } from "./kept-version.js";
import { MemoryRecords } from "./memory-records.js";
import type { MemoryStorageOptions } from "./options.js";
import { TemporaryFolder } from "./temporary-folder.js";

/**
 * Models and records in this process's memory, gone with it. Files are written to a temporary folder only while somebody has them open
 * who cannot read them in memory.
 */
export class MemoryStorage implements ModelStorage {
  readonly isTransient = true;
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
      if (options.contents) return kept.hold();
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
      const kept = await readVersion(version, checkedFiles(files, signal, options), this.#budget);
      try {
        signal.throwIfAborted();
        this.#checkFree(model, version);
      } catch (thrown) {
        kept.discard();
        throw thrown;
      }
      const versions = this.#models.get(model) ?? new Map<ModelVersion, KeptVersion>();
      this.#models.set(model, versions.set(version, kept));
      this.#watchers.notify();
      return { version, fingerprint: kept.fingerprint };
    });
  }

  remove(model: string, version: ModelVersion, options: StorageCallOptions): Promise<void> {
    return this.#calls.run(options.signal, async () => {
      checkModelName(model);
      const kept = this.#kept(model, version);
      const versions = this.#models.get(model);
      versions?.delete(version);
      if (versions?.size === 0) this.#models.delete(model);
      kept.discard();
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
