import { join } from "node:path";
import {
  ChangeWatchers,
  checkModelName,
  checkModelVersion,
  checkSideFile,
  checkSideFileName,
  type IncomingFile,
  type ListOptions,
  type Logger,
  MAX_SIDE_FILE_BYTES,
  type ModelStorage,
  type ModelVersion,
  type OpenOptions,
  PlinthError,
  type PublishOptions,
  type StorageCallOptions,
  StorageCalls,
  type StorageStartOptions,
  type StoredModel,
  type StoredVersion,
  type VersionFiles,
} from "@plinth/core";
import envPaths from "env-paths";
import { BucketLayout } from "./bucket-layout.js";
import { keysBesideVersions } from "./bucket-listing.js";
import { CacheFolder } from "./cache-folder.js";
import { ChangeListener } from "./change-listener.js";
import { ConditionalObjects, findConditionSupport } from "./conditional-objects.js";
import { findCredentials, findRegion } from "./credentials.js";
import { FileCache, isChangedMeanwhile } from "./file-cache.js";
import { Housekeeping } from "./housekeeping.js";
import { ObjectStore } from "./object-store.js";
import type { OpenStore } from "./open-store.js";
import type { S3StorageOptions } from "./options.js";
import { PartBuffers } from "./part-buffers.js";
import { type FoundVersion, S3Catalogue, type UnfinishedVersion } from "./s3-catalogue.js";
import { S3Records } from "./s3-records.js";
import { storeFailure } from "./store-errors.js";
import { checkOpenable, fingerprintOf } from "./version-files.js";
import { VersionPublisher } from "./version-publisher.js";
import { deleteHidden, hideVersion } from "./version-removal.js";

/** What works on the bucket once it has been reached. */
interface Parts extends OpenStore {
  readonly catalogue: S3Catalogue;
  readonly publisher: VersionPublisher;
  readonly cache: FileCache;
  readonly housekeeping: Housekeeping;
  readonly listener: ChangeListener | undefined;
}

/** Models in a bucket, `prefix/<model>/<version>/…`, which several servers share and people may also fill by hand. */
export class S3Storage implements ModelStorage {
  readonly records: S3Records;
  readonly #options: S3StorageOptions;
  readonly #logger: Logger;
  readonly #steadyMs: () => number;
  readonly #calls = new StorageCalls();
  readonly #watchers = new ChangeWatchers();
  readonly #cacheFolder: CacheFolder;
  #parts: Parts | undefined;
  #isTidying = false;

  /** Tests may bring a clock of their own that only runs forward, in milliseconds. */
  constructor(options: S3StorageOptions, logger: Logger, steadyMs: () => number = () => performance.now()) {
    this.#options = options;
    this.#logger = logger;
    this.#steadyMs = steadyMs;
    this.#cacheFolder = new CacheFolder(options.cacheDirectory ?? join(envPaths("plinth", { suffix: "" }).cache, "s3"));
    this.records = new S3Records(this.#calls, () => this.#started());
  }

  start({ signal: caller, readOnly = false }: StorageStartOptions): Promise<void> {
    return this.#calls.run(caller, (signal) =>
      attempting(`open the bucket ${this.#options.bucket} at ${this.#options.endpoint}`, () =>
        this.#connect(readOnly, signal),
      ),
    );
  }

  list(options: ListOptions): Promise<readonly StoredModel[]> {
    return this.#calls.run(options.signal, (signal) =>
      attempting(`list the bucket ${this.#options.bucket}`, async () => {
        const { models, unfinished } = await this.#started().catalogue.view(options.sideFiles, signal);
        this.#tidy(unfinished);
        return models;
      }),
    );
  }

  open(model: string, version: ModelVersion, options: OpenOptions): Promise<VersionFiles> {
    return this.#calls.run(options.signal, (signal) =>
      attempting(`open version ${version} of model ${model}`, async () => {
        checkModelName(model);
        const { catalogue, cache } = this.#started();
        const found = await catalogue.find(model, version, signal);
        if (found.whole === undefined) throw this.#notFound(model, version, found);
        const { folder, files } = found.whole;
        checkOpenable(folder, files);
        try {
          return await cache.open(`version ${version} of model ${model}`, files, signal);
        } catch (thrown) {
          if (isChangedMeanwhile(thrown)) throw this.#notFound(model, version, { ...found, isChanging: true });
          throw thrown;
        }
      }),
    );
  }

  publish(
    model: string,
    version: ModelVersion,
    files: AsyncIterable<IncomingFile> | Iterable<IncomingFile>,
    options: PublishOptions,
  ): Promise<StoredVersion> {
    return this.#calls.run(options.signal, (signal) =>
      attempting(`publish version ${version} of model ${model}`, async () => {
        checkModelName(model);
        checkModelVersion(version);
        const request = { model, version, files, onProgress: options.onProgress };
        const published = await this.#started().publisher.publish(request, signal);
        this.#watchers.notify();
        return { version, fingerprint: fingerprintOf(published) };
      }),
    );
  }

  remove(model: string, version: ModelVersion, options: StorageCallOptions): Promise<void> {
    return this.#calls.run(options.signal, (signal) =>
      attempting(`remove version ${version} of model ${model}`, async () => {
        checkModelName(model);
        const parts = this.#started();
        const found = await parts.catalogue.find(model, version, signal);
        if (found.whole === undefined) throw this.#notFound(model, version, found);
        const hidden = await hideVersion(parts, model, version, found.note, signal);
        if (hidden === undefined) throw this.#notFound(model, version, found);
        try {
          await deleteHidden(parts, model, version, hidden);
        } catch (error) {
          this.#logger.warn(`Removed version ${version} of model ${model}, but its objects are deleted later`, {
            error,
          });
        }
        this.#watchers.notify();
      }),
    );
  }

  readSideFile(model: string, name: string, options: StorageCallOptions): Promise<Uint8Array | undefined> {
    return this.#calls.run(options.signal, (signal) =>
      attempting(`read ${name} of model ${model}`, async () => {
        checkModelName(model);
        checkSideFileName(name);
        const { store, layout } = this.#started();
        return (await store.read(layout.sideFile(model, name), MAX_SIDE_FILE_BYTES, signal))?.content;
      }),
    );
  }

  addSideFile(model: string, name: string, content: Uint8Array, options: StorageCallOptions): Promise<boolean> {
    return this.#calls.run(options.signal, (signal) =>
      attempting(`lay ${name} beside model ${model}`, async () => {
        checkModelName(model);
        checkSideFile(name, content);
        const { objects, layout } = this.#started();
        const etag = await objects.write(layout.sideFile(model, name), Buffer.from(content), undefined, signal);
        return etag !== undefined;
      }),
    );
  }

  removeModel(model: string, options: StorageCallOptions): Promise<void> {
    return this.#calls.run(options.signal, (signal) =>
      attempting(`remove what is left of model ${model}`, async () => {
        checkModelName(model);
        const { store, layout } = this.#started();
        await store.deleteAll(await keysBesideVersions(store, layout, model, signal), signal);
        this.#watchers.notify();
      }),
    );
  }

  /** Tells of what is done through this storage, and of what others do where the store tells. */
  watch(changed: () => void): Disposable {
    this.#calls.check();
    return this.#watchers.add(changed);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts?.listener?.close();
    await this.#calls.close();
    this.#watchers.clear();
    await this.#cacheFolder.close();
    this.#parts?.store.close();
  }

  async #connect(readOnly: boolean, signal: AbortSignal): Promise<void> {
    await this.#cacheFolder.start();
    const options = { ...this.#options, region: findRegion(this.#options, process.env) };
    const store = await ObjectStore.connect(options, await findCredentials(options, process.env), signal);
    try {
      this.#parts = await this.#assemble(store, readOnly, signal);
      this.#parts.listener?.start();
    } catch (thrown) {
      store.close();
      throw thrown;
    }
  }

  async #assemble(store: ObjectStore, readOnly: boolean, signal: AbortSignal): Promise<Parts> {
    const { endpoint, bucket, prefix, settleMs, cacheMaxBytes } = this.#options;
    const layout = new BucketLayout(prefix);
    await store.list({ prefix: layout.root, maxKeys: 1 }, signal);
    const support = readOnly ? "read-only" : await findConditionSupport(store, layout.probes, signal);
    if (support === "read-only" && !readOnly) {
      this.#logger.warn(
        `The access key may not write to the bucket ${bucket}: versions are served, and nothing can be changed`,
      );
    }
    const open = { store, layout, objects: new ConditionalObjects(store, support) };
    const changed = () => this.#watchers.notify();
    return {
      ...open,
      catalogue: new S3Catalogue(open, settleMs, this.#steadyMs),
      publisher: new VersionPublisher(open, new PartBuffers(), this.#logger),
      cache: new FileCache(store, `${endpoint} ${bucket}`, this.#cacheFolder, cacheMaxBytes, this.#logger),
      housekeeping: new Housekeeping(open, changed, this.#logger),
      listener: store.tellsOfChanges ? new ChangeListener(store, layout, changed, this.#logger) : undefined,
    };
  }

  #started(): Parts {
    if (this.#parts !== undefined) return this.#parts;
    throw new PlinthError("STORAGE_UNAVAILABLE", "The storage has not been started");
  }

  /** Beside all else, one at a time: nobody waits for it but disposal. */
  #tidy(unfinished: readonly UnfinishedVersion[]): void {
    const { housekeeping, objects } = this.#started();
    if (this.#isTidying || !objects.isWritable || !unfinished.some((each) => housekeeping.isDue(each))) return;
    this.#isTidying = true;
    const { signal } = new AbortController();
    this.#calls
      .run(signal, (ending) => housekeeping.run(unfinished, ending))
      .catch((error: unknown) => this.#logger.warn("Cannot tidy up the bucket", { error }))
      .finally(() => {
        this.#isTidying = false;
      });
  }

  #notFound(model: string, version: ModelVersion, { isChanging }: FoundVersion): PlinthError {
    const why = isChanging ? "it is being changed" : "it is missing, or still being copied or published";
    return new PlinthError(
      "VERSION_NOT_FOUND",
      `There is no complete version ${version} of model ${model} in the bucket ${this.#options.bucket}: ${why}`,
    );
  }
}

async function attempting<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw storeFailure(doing, thrown);
  }
}
