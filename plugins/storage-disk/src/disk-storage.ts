import { lstat, readdir, stat } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import {
  ChangeWatchers,
  checkedFiles,
  checkModelName,
  checkModelVersion,
  checkSideFile,
  checkSideFileName,
  type IncomingFile,
  type ListOptions,
  type Logger,
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
import { type Disk, SYSTEM_DISK } from "./disk.js";
import { DiskCatalogue, type ModelFolder } from "./disk-catalogue.js";
import { diskError, isAbsent, onDisk, unlessAbsent } from "./disk-errors.js";
import { DiskRecords } from "./disk-records.js";
import { type HeldFolder, HeldFolders } from "./held-folders.js";
import type { DiskStorageOptions } from "./options.js";
import { type Manifest, PublishedManifests } from "./published-manifests.js";
import { type Clock, isSettled, type Observation } from "./settling.js";
import { UnfinishedPublishes } from "./unfinished-files.js";
import { takeSnapshot, type VersionSnapshot } from "./version-snapshot.js";
import {
  linkIntoPlace,
  moveIntoPlace,
  removeIfEmpty,
  syncFolder,
  versionExists,
  writeNewFile,
  writeVersion,
} from "./version-writer.js";
import { WorkFolder } from "./work-folder.js";

/** Holds what is Plinth's own below the root. */
const OWN_FOLDER = ".plinth";

const SYSTEM_CLOCK: Clock = { wallMs: () => Date.now(), steadyMs: () => performance.now() };

/** Models in plain folders `root/<model>/<version>/`, which people may also fill by hand. */
export class DiskStorage implements ModelStorage {
  readonly records: DiskRecords;
  readonly #root: string;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #disk: Disk;
  readonly #calls = new StorageCalls();
  readonly #held = new HeldFolders();
  readonly #watchers = new ChangeWatchers();
  readonly #work: WorkFolder;
  readonly #unfinished: UnfinishedPublishes;
  readonly #manifests: PublishedManifests;
  readonly #catalogue: DiskCatalogue;

  /** A relative root is taken from the working directory. Tests may bring a clock and a disk of their own. */
  constructor(
    { root, settleMs }: DiskStorageOptions,
    logger: Logger,
    clock: Clock = SYSTEM_CLOCK,
    disk: Disk = SYSTEM_DISK,
  ) {
    this.#root = resolve(root);
    this.#logger = logger;
    this.#clock = clock;
    this.#disk = disk;
    const own = join(this.#root, OWN_FOLDER);
    this.#work = new WorkFolder(disk, join(own, "work"));
    this.#unfinished = new UnfinishedPublishes(disk, join(own, "unfinished"));
    this.#manifests = new PublishedManifests(disk, this.#root, join(own, "published"));
    this.#catalogue = new DiskCatalogue({ root: this.#root, settleMs, clock, manifests: this.#manifests });
    this.records = new DiskRecords(join(own, "records"), disk, logger, this.#calls);
  }

  start({ signal: caller, readOnly }: StorageStartOptions): Promise<void> {
    return this.#calls.run(caller, async (signal) => {
      if (readOnly) {
        this.records.readOnly();
        return void (await onDisk(`read the folder of models ${this.#root}`, readdir(this.#root)));
      }
      await this.#prepareRoot();
      await this.#sweep(signal);
    });
  }

  list(options: ListOptions): Promise<readonly StoredModel[]> {
    return this.#calls.run(options.signal, (signal) => this.#catalogue.list({ ...options, signal }));
  }

  readSideFile(model: string, name: string, options: StorageCallOptions): Promise<Uint8Array | undefined> {
    return this.#calls.run(options.signal, async () => {
      checkModelName(model);
      checkSideFileName(name);
      return this.#catalogue.readSideFile(model, name);
    });
  }

  addSideFile(model: string, name: string, content: Uint8Array, options: StorageCallOptions): Promise<boolean> {
    return this.#calls.run(options.signal, async () => {
      checkModelName(model);
      checkSideFile(name, content);
      const work = await this.#work.claim();
      try {
        await writeNewFile(this.#disk, work, [content]);
        return await linkIntoPlace(this.#disk, work, this.#catalogue.folderOf(model), name);
      } finally {
        await this.#discard(work);
      }
    });
  }

  removeModel(model: string, options: StorageCallOptions): Promise<void> {
    return this.#calls.run(options.signal, async (signal) => {
      checkModelName(model);
      const { path, isPlaced } = this.#catalogue.folderOf(model);
      for (const name of await this.#catalogue.besideVersions(model)) {
        signal.throwIfAborted();
        await onDisk(`remove ${join(path, name)}`, this.#disk.remove(join(path, name)));
      }
      await syncFolder(this.#disk, path);
      if (!isPlaced) await removeIfEmpty(this.#disk, path);
      this.#watchers.notify();
    });
  }

  open(model: string, version: ModelVersion, options: OpenOptions): Promise<VersionFiles> {
    return this.#calls.run(options.signal, async (signal) => {
      checkModelName(model);
      for (const folder of await this.#folders(model, version)) {
        const held = this.#held.hold(folder);
        try {
          const observation = await this.#inspect(folder, signal);
          if (observation?.complete && !held.retired) {
            const snapshot = openable(folder, observation);
            return versionFiles(held, snapshot, await this.#manifests.get(snapshot.fingerprint));
          }
        } catch (thrown) {
          await held.release();
          throw thrown;
        }
        await held.release();
      }
      throw this.#notFound(model, version);
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
      const [existing] = await this.#folders(model, version);
      if (existing !== undefined) throw versionExists(existing);
      const work = await this.#work.claim();
      const unfinished = this.#unfinished.of(model, version);
      try {
        const received = checkedFiles(files, signal, options);
        const checksums = await writeVersion(this.#disk, work, received, unfinished);
        const modelFolder = this.#catalogue.folderOf(model);
        const fingerprint = await this.#describe(
          work,
          { folder: this.#nameOf(modelFolder, version), checksums },
          signal,
        );
        await moveIntoPlace(this.#disk, work, modelFolder, version).catch(async (thrown: unknown) => {
          await this.#manifests.delete(fingerprint);
          throw thrown;
        });
        this.#watchers.notify();
        await this.#discard(unfinished.folder);
        return { version, fingerprint };
      } catch (thrown) {
        await this.#discard(work);
        if (isOfNoUse(thrown)) await this.#discard(unfinished.folder);
        else await this.#boundUnfinished();
        throw thrown;
      }
    });
  }

  remove(model: string, version: ModelVersion, options: StorageCallOptions): Promise<void> {
    return this.#calls.run(options.signal, async (signal) => {
      checkModelName(model);
      const folders = await this.#folders(model, version);
      const observations = await Promise.all(folders.map((folder) => this.#inspect(folder, signal)));
      if (!observations.some((observation) => observation?.complete)) throw this.#notFound(model, version);
      signal.throwIfAborted();
      for (const [index, folder] of folders.entries()) {
        if (!(await this.#retire(folder, observations[index]))) throw this.#notFound(model, version);
      }
      const modelFolder = this.#catalogue.folderOf(model);
      await syncFolder(this.#disk, modelFolder.path);
      if (!modelFolder.isPlaced) await removeIfEmpty(this.#disk, modelFolder.path);
      this.#watchers.notify();
    });
  }

  /** Tells of what is published and removed through this very storage; what others do is found by the next {@link list}. */
  watch(changed: () => void): Disposable {
    this.#calls.check();
    return this.#watchers.add(changed);
  }

  place(folders: ReadonlyMap<string, string>): void {
    this.#catalogue.place(folders);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#calls.close();
    this.#watchers.clear();
    await this.records.close();
  }

  async #prepareRoot(): Promise<void> {
    const stats = await onDisk(`read the folder of models ${this.#root}`, unlessAbsent(stat(this.#root)));
    if (stats?.isDirectory()) return;
    if (stats !== undefined) {
      throw new PlinthError(
        "STORAGE_UNAVAILABLE",
        `Expected a folder of models at ${this.#root}, found something else`,
      );
    }
    try {
      await this.#disk.makeFolder(this.#root);
      await syncFolder(this.#disk, dirname(this.#root));
    } catch (thrown) {
      if (!isAbsent(thrown)) throw diskError(`create the folder of models ${this.#root}`, thrown);
      throw new PlinthError(
        "STORAGE_UNAVAILABLE",
        `Cannot create the folder of models ${this.#root}, since ${dirname(this.#root)} is no folder: create that, or mend the root`,
        { cause: thrown },
      );
    }
    this.#logger.info(`Created the empty folder of models ${this.#root}`);
  }

  /** A root that cannot be written to can still be served from. */
  async #sweep(signal: AbortSignal): Promise<void> {
    try {
      const deleted = await this.#work.sweep(this.#clock.wallMs(), signal);
      await this.#manifests.sweep(this.#clock.wallMs());
      await this.#unfinished.sweep(this.#clock.wallMs());
      if (deleted > 0)
        this.#logger.info(`Deleted ${deleted} unfinished or removed versions that a crash had left behind`);
    } catch (error) {
      signal.throwIfAborted();
      this.#logger.warn("Cannot delete what a crash has left behind", { error });
    }
  }

  /** How a manifest names a version's folder: below the root by its way from there. */
  #nameOf({ path }: ModelFolder, version: ModelVersion): string {
    const folder = join(path, String(version));
    return folder.startsWith(this.#root + sep) ? relative(this.#root, folder) : folder;
  }

  #folders(model: string, version: ModelVersion): Promise<readonly string[]> {
    return onDisk(`read model ${model}`, this.#catalogue.folders(model, version));
  }

  #inspect(folder: string, signal: AbortSignal): Promise<Observation | undefined> {
    return onDisk(`read ${folder}`, this.#catalogue.inspect(folder, signal), signal);
  }

  /** Says that what was written is whole, before anybody can see it. */
  async #describe(work: string, manifest: Manifest, signal: AbortSignal): Promise<string> {
    const snapshot = await onDisk(`read ${work}`, takeSnapshot(work, signal), signal);
    if (snapshot === undefined)
      throw new PlinthError("STORAGE_UNAVAILABLE", `${work} was deleted while it was written`);
    signal.throwIfAborted();
    await this.#manifests.add(snapshot.fingerprint, manifest);
    return snapshot.fingerprint;
  }

  /** Whether the folder was there to be taken away. */
  async #retire(folder: string, observation: Observation | undefined): Promise<boolean> {
    const stats = await unlessAbsent(lstat(folder));
    const trash = await this.#work.claim();
    const moved = await onDisk(`remove ${folder}`, unlessAbsent(this.#disk.rename(folder, trash).then(() => true)));
    if (stats === undefined || !moved) return false;
    this.#catalogue.forget(folder);
    const directory = stats.isSymbolicLink() ? observation?.latest.directory : trash;
    await this.#held.retire(folder, directory ?? trash, () => this.#discard(trash));
    if (observation?.complete) await this.#manifests.delete(observation.complete.fingerprint);
    return true;
  }

  async #boundUnfinished(): Promise<void> {
    try {
      await this.#unfinished.sweep(this.#clock.wallMs());
    } catch (error) {
      this.#logger.warn("Cannot delete what earlier publishes have left", { error });
    }
  }

  async #discard(work: string): Promise<void> {
    try {
      await this.#disk.remove(work);
    } catch (error) {
      this.#logger.warn(`Cannot delete ${work}; the next start of this server tries again`, { error });
    }
  }

  #notFound(model: string, version: ModelVersion): PlinthError {
    return new PlinthError(
      "VERSION_NOT_FOUND",
      `There is no complete version ${version} of model ${model} in ${this.#catalogue.folderOf(model).path}: it is missing, empty or still being copied`,
    );
  }
}

/** Whether nobody goes on with a publish that has failed so: there is the version, or no room for it. */
function isOfNoUse(thrown: unknown): boolean {
  return thrown instanceof PlinthError && ["VERSION_EXISTS", "STORAGE_FULL"].includes(thrown.reason);
}

function openable(folder: string, observation: Observation): VersionSnapshot {
  if (!isSettled(observation)) {
    throw new PlinthError(
      "VERSION_NOT_FOUND",
      `${folder} is being changed: it can be opened again when that has settled`,
    );
  }
  const { flaw } = observation.latest;
  if (flaw !== undefined) throw new PlinthError("FILES_INVALID", `${folder} cannot be opened: ${flaw}`);
  return observation.latest;
}

function versionFiles(held: HeldFolder, snapshot: VersionSnapshot, manifest: Manifest | undefined): VersionFiles {
  return {
    get directory() {
      return held.movedTo ?? snapshot.directory;
    },
    files: snapshot.files.map((file) => {
      const sha256 = manifest?.checksums.get(file.path);
      return sha256 === undefined ? file : { ...file, sha256 };
    }),
    [Symbol.asyncDispose]: () => held.release(),
  };
}
