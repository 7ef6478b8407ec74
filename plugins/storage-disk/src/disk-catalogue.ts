import type { Dirent } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  isAskedFor,
  isModelName,
  type ListOptions,
  MAX_SIDE_FILE_BYTES,
  type ModelVersion,
  PlinthError,
  parseModelVersion,
  type StoredModel,
  type StoredVersion,
} from "@plinth/core";
import pLimit from "p-limit";
import { diskError, isAbsent, onDisk, unlessAbsent } from "./disk-errors.js";
import type { PublishedManifests } from "./published-manifests.js";
import { CLOCK_TOLERANCE_MS, type Clock, isSettled, type Observation, observe } from "./settling.js";
import { takeSnapshot } from "./version-snapshot.js";

/** Folders looked at at once: more only make other users of Node's four file threads wait. */
const MAX_CONCURRENT_LOOKS = 16;

/**
 * Versions long settled that one listing looks at again, the longest unseen first, so that its cost is bounded however many
 * there are. New folders and those that are still settling are looked at each time.
 */
const MAX_REPEATED_LOOKS = 25;

export interface DiskCatalogueOptions {
  readonly root: string;
  readonly settleMs: number;
  readonly clock: Clock;
  readonly manifests: PublishedManifests;
}

/** The folder of a model's versions. */
export interface ModelFolder {
  readonly path: string;
  /** Whether it was {@link DiskCatalogue.place}d, so that it is not ours to create or remove. */
  readonly isPlaced: boolean;
}

/** One listing that is under way. */
interface Listing {
  /** What need not be looked at again. */
  readonly trusted: ReadonlyMap<string, Observation>;
  /** What was known and has not been seen again so far. */
  readonly gone: Set<string>;
  readonly sideFiles: ListOptions["sideFiles"];
  readonly signal: AbortSignal;
}

/** Knows which versions lie below the root and in the folders of placed models, and which of them are whole. */
export class DiskCatalogue {
  readonly #options: DiskCatalogueOptions;
  readonly #limit = pLimit(MAX_CONCURRENT_LOOKS);
  /** By the path of the version's folder, the one looked at longest ago first. */
  readonly #known = new Map<string, Observation>();
  /** Folders by model, of those that do not lie below the root. */
  #placed: ReadonlyMap<string, string> = new Map();
  #toleranceMs = CLOCK_TOLERANCE_MS.firstListing;

  constructor(options: DiskCatalogueOptions) {
    this.#options = options;
  }

  async list({ signal, sideFiles }: ListOptions): Promise<readonly StoredModel[]> {
    const { root } = this.#options;
    const entries = await onDisk(`read the folder of models ${root}`, readdir(root, { withFileTypes: true }));
    const placed = this.#placed;
    const folders = entries.filter((entry) => isModelName(entry.name) && mayBeFolder(entry) && !placed.has(entry.name));
    const trusted = this.#trusted();
    const gone = new Set(this.#known.keys());
    const listing = { trusted, gone, sideFiles, signal };
    const listed = await Promise.all([
      ...folders.map((entry) => this.#listBelowRoot(entry, listing)),
      ...[...placed].map(([model, folder]) => this.#listPlaced(model, folder, listing)),
    ]);
    for (const folder of gone) this.#known.delete(folder);
    this.#toleranceMs = CLOCK_TOLERANCE_MS.later;
    return listed.filter((model) => model !== undefined);
  }

  /** As `ModelStorage.place`. */
  place(folders: ReadonlyMap<string, string>): void {
    this.#placed = folders;
  }

  folderOf(model: string): ModelFolder {
    const placed = this.#placed.get(model);
    return { path: placed ?? join(this.#options.root, model), isPlaced: placed !== undefined };
  }

  /** Paths of all folders of that version: several where people have given it leading zeros. */
  async folders(model: string, version: ModelVersion): Promise<readonly string[]> {
    const { path } = this.folderOf(model);
    const entries = await unlessAbsent(readdir(path, { withFileTypes: true }));
    return versionFolders(path, entries ?? []).get(version) ?? [];
  }

  /** Looks at a version down to its files; `undefined` where there is no such folder. */
  async inspect(folder: string, signal: AbortSignal): Promise<Observation | undefined> {
    const { clock, manifests, settleMs } = this.#options;
    const beganAtMs = clock.steadyMs();
    const toleranceMs = this.#toleranceMs;
    const snapshot = await takeSnapshot(folder, signal);
    if (snapshot === undefined) {
      this.#known.delete(folder);
      return undefined;
    }
    const look = { snapshot, beganAtMs, endedAtMs: clock.steadyMs(), wallMs: clock.wallMs(), toleranceMs };
    const settled = isSettled(observe(this.#known.get(folder), look, settleMs));
    const published = !settled && (await manifests.has(snapshot.fingerprint));
    const seen = observe(this.#known.get(folder), look, settleMs);
    const observation = published ? { ...seen, complete: snapshot } : seen;
    this.#known.delete(folder);
    this.#known.set(folder, observation);
    return observation;
  }

  /** As `ModelStorage.readSideFile`. */
  async readSideFile(model: string, name: string): Promise<Uint8Array | undefined> {
    const path = join(this.folderOf(model).path, name);
    const content = await onDisk(`read ${path}`, readStart(path, MAX_SIDE_FILE_BYTES + 1));
    if (content === undefined || content.length <= MAX_SIDE_FILE_BYTES) return content;
    throw new PlinthError(
      "FILES_INVALID",
      `${path} has more than the ${MAX_SIDE_FILE_BYTES} bytes that such a file may have`,
    );
  }

  /** Names of all that lies in a model's folder. @throws PlinthError `VERSION_EXISTS` where versions are among it, whole or not */
  async besideVersions(model: string): Promise<readonly string[]> {
    const { path } = this.folderOf(model);
    const listed = unlessAbsent(readdir(path, { withFileTypes: true }));
    const entries = (await onDisk(`read model ${model} in ${path}`, listed)) ?? [];
    const [version] = versionFolders(path, entries).keys();
    if (version === undefined) return entries.map(({ name }) => name);
    throw new PlinthError(
      "VERSION_EXISTS",
      `Model ${model} has a version ${version} in ${path}, perhaps one that is not whole: remove that folder first`,
    );
  }

  /** What was known of a folder is not true of the next one at its path. */
  forget(folder: string): void {
    this.#known.delete(folder);
  }

  async #listBelowRoot(entry: Dirent, listing: Listing): Promise<StoredModel | undefined> {
    const model = entry.name;
    const folder = join(this.#options.root, model);
    try {
      if (entry.isSymbolicLink() && !(await this.#limit(() => stat(folder))).isDirectory()) return undefined;
      return { model, ...(await this.#listFolder(folder, listing)) };
    } catch (thrown) {
      if (entry.isDirectory() && isAbsent(thrown)) return undefined;
      return { model, versions: [], error: this.#failure(model, folder, thrown, listing) };
    }
  }

  /** A folder that is missing may be a disk that is not mounted just now. */
  async #listPlaced(model: string, folder: string, listing: Listing): Promise<StoredModel> {
    try {
      return { model, folder, ...(await this.#listFolder(folder, listing)) };
    } catch (thrown) {
      return { model, folder, versions: [], error: this.#failure(model, folder, thrown, listing) };
    }
  }

  async #listFolder(
    folder: string,
    { trusted, gone, sideFiles, signal }: Listing,
  ): Promise<Pick<StoredModel, "versions" | "sideFiles">> {
    const entries = await this.#limit(() => readdir(folder, { withFileTypes: true }));
    const found = versionFolders(folder, entries);
    for (const each of [...found.values()].flat()) gone.delete(each);
    const versions = await Promise.all(
      [...found].map(([version, folders]) => this.#listVersion(version, folders, trusted, signal)),
    );
    const asked = entries.filter((entry) => isAskedFor(entry.name, sideFiles) && !entry.isDirectory());
    const beside = await Promise.all(asked.map(({ name }) => this.#limit(() => sideFile(join(folder, name), name))));
    const existing = beside.filter((file) => file !== undefined);
    return {
      versions: versions.filter((version) => version !== undefined),
      ...(existing.length > 0 && { sideFiles: new Map(existing) }),
    };
  }

  /** What was known of a folder that cannot be read stays known. */
  #failure(model: string, folder: string, thrown: unknown, { gone, signal }: Listing): PlinthError {
    signal.throwIfAborted();
    for (const each of gone) if (dirname(each) === folder) gone.delete(each);
    return diskError(`read model ${model} in ${folder}`, thrown);
  }

  async #listVersion(
    version: ModelVersion,
    folders: readonly string[],
    trusted: ReadonlyMap<string, Observation>,
    signal: AbortSignal,
  ): Promise<StoredVersion | undefined> {
    for (const folder of folders) {
      const observation = trusted.get(folder) ?? (await this.#limit(() => this.inspect(folder, signal)));
      if (observation?.complete) return { version, fingerprint: observation.complete.fingerprint };
    }
    return undefined;
  }

  /** What need not be looked at again this time. */
  #trusted(): ReadonlyMap<string, Observation> {
    const settled = [...this.#known].filter(([, observation]) => isSettled(observation));
    return new Map(settled.slice(MAX_REPEATED_LOOKS));
  }
}

/** At most so many bytes of a file; `undefined` where there is none. */
async function readStart(path: string, maxBytes: number): Promise<Uint8Array | undefined> {
  await using file = await unlessAbsent(open(path));
  if (file === undefined || !(await file.stat()).isFile()) return undefined;
  const { buffer, bytesRead } = await file.read(Buffer.alloc(maxBytes));
  return buffer.subarray(0, bytesRead);
}

/** A file's name and fingerprint; `undefined` where it is none any more. */
async function sideFile(path: string, name: string): Promise<readonly [string, string] | undefined> {
  const found = await unlessAbsent(stat(path, { bigint: true }));
  return found?.isFile() ? [name, `${found.size}-${found.mtimeNs}-${found.ino}`] : undefined;
}

/** Paths of version folders by version, the shortest name first. */
function versionFolders(folder: string, entries: readonly Dirent[]): ReadonlyMap<ModelVersion, readonly string[]> {
  const versions = new Map<ModelVersion, string[]>();
  const names = entries.filter(mayBeFolder).map(({ name }) => name);
  for (const name of names.sort((left, right) => left.length - right.length)) {
    const version = parseModelVersion(name);
    if (version !== undefined) versions.set(version, [...(versions.get(version) ?? []), join(folder, name)]);
  }
  return versions;
}

function mayBeFolder(entry: Dirent): boolean {
  return entry.isDirectory() || entry.isSymbolicLink();
}
