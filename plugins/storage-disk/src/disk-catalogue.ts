import type { Dirent, Stats } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import {
  isModelName,
  type ModelVersion,
  PlinthError,
  parseModelVersion,
  type StoredModel,
  type StoredVersion,
} from "@plinth/core";
import { ConcurrencyLimit } from "./concurrency-limit.js";
import { diskError, isAbsent, onDisk, unlessAbsent } from "./disk-errors.js";
import type { PublishedMarks } from "./published-marks.js";
import { type Clock, isSettled, type Observation, observe } from "./settling.js";
import { takeSnapshot } from "./version-snapshot.js";

/** Folders looked at at once: more only make other users of Node's four file threads wait. */
const MAX_CONCURRENT_LOOKS = 16;

/** After so long at most, a settled version is looked at again down to its files, in milliseconds. */
const MAX_TRUST_MS = 10_000;

export interface DiskCatalogueOptions {
  readonly root: string;
  readonly settleMs: number;
  readonly clock: Clock;
  readonly marks: PublishedMarks;
}

interface KnownVersion {
  readonly observation: Observation;
  /** Of the version's folder itself. */
  readonly identity: string;
  /** Until when the folder's identity is enough to believe that nothing below it has changed, on the steady clock. */
  readonly trustedUntilMs: number;
}

/** Knows which versions lie below the root, and which of them are whole. */
export class DiskCatalogue {
  readonly #options: DiskCatalogueOptions;
  readonly #limit = new ConcurrencyLimit(MAX_CONCURRENT_LOOKS);
  /** By the path of the version's folder. */
  readonly #known = new Map<string, KnownVersion>();

  constructor(options: DiskCatalogueOptions) {
    this.#options = options;
  }

  async list(signal: AbortSignal): Promise<readonly StoredModel[]> {
    const { root } = this.#options;
    const entries = await onDisk(`read the folder of models ${root}`, readdir(root, { withFileTypes: true }));
    const folders = entries.filter((entry) => isModelName(entry.name) && mayBeFolder(entry));
    const unseen = new Set(this.#known.keys());
    const listed = await Promise.all(folders.map((entry) => this.#listModel(entry, unseen, signal)));
    for (const folder of unseen) this.#known.delete(folder);
    return listed.filter((model) => model !== undefined);
  }

  /** Paths of all folders of that version: several where people have given it leading zeros. */
  async folders(model: string, version: ModelVersion): Promise<readonly string[]> {
    const folder = join(this.#options.root, model);
    return (await unlessAbsent(readVersions(folder)))?.get(version) ?? [];
  }

  /** Looks at a version down to its files; `undefined` where there is no such folder. */
  async inspect(folder: string, signal: AbortSignal): Promise<Observation | undefined> {
    const { clock, marks, settleMs } = this.#options;
    const beganAtMs = clock.steadyMs();
    const stats = await unlessAbsent(stat(folder));
    const snapshot = stats?.isDirectory() ? await takeSnapshot(folder, signal) : undefined;
    if (stats === undefined || snapshot === undefined) {
      this.#known.delete(folder);
      return undefined;
    }
    const previous = this.#known.get(folder)?.observation;
    const look = { snapshot, beganAtMs, endedAtMs: clock.steadyMs(), wallMs: clock.wallMs() };
    let observation = observe(previous, look, settleMs);
    const published = !isSettled(observation) && (await marks.has(snapshot.fingerprint));
    if (published) observation = { ...observation, complete: snapshot };
    // Versions that were found together shall not all be looked at again together.
    const trustedUntilMs = look.endedAtMs + MAX_TRUST_MS * (0.5 + Math.random() / 2);
    this.#known.set(folder, { observation, identity: identityOf(stats), trustedUntilMs });
    return observation;
  }

  /** What was known of a folder is not true of the next one at its path. */
  forget(folder: string): void {
    this.#known.delete(folder);
  }

  async #listModel(entry: Dirent, unseen: Set<string>, signal: AbortSignal): Promise<StoredModel | undefined> {
    const model = entry.name;
    const folder = join(this.#options.root, model);
    try {
      if (entry.isSymbolicLink() && !(await this.#limit.run(() => stat(folder))).isDirectory()) return undefined;
      const found = await this.#limit.run(() => readVersions(folder));
      for (const folders of found.values()) for (const each of folders) unseen.delete(each);
      const versions = await Promise.all(
        [...found].map(([version, folders]) => this.#limit.run(() => this.#listVersion(version, folders, signal))),
      );
      return { model, versions: versions.filter((version) => version !== undefined) };
    } catch (thrown) {
      signal.throwIfAborted();
      if (entry.isDirectory() && isAbsent(thrown)) return undefined;
      for (const each of unseen) if (each.startsWith(join(folder, "/"))) unseen.delete(each);
      const error = thrown instanceof PlinthError ? thrown : diskError(`read model ${model} in ${folder}`, thrown);
      return { model, versions: [], error };
    }
  }

  async #listVersion(
    version: ModelVersion,
    folders: readonly string[],
    signal: AbortSignal,
  ): Promise<StoredVersion | undefined> {
    for (const folder of folders) {
      signal.throwIfAborted();
      const observation = (await this.#trusted(folder)) ?? (await this.inspect(folder, signal));
      if (observation?.complete) return { version, fingerprint: observation.complete.fingerprint };
    }
    return undefined;
  }

  async #trusted(folder: string): Promise<Observation | undefined> {
    const known = this.#known.get(folder);
    if (known === undefined || !isSettled(known.observation)) return undefined;
    if (this.#options.clock.steadyMs() >= known.trustedUntilMs) return undefined;
    const stats = await unlessAbsent(stat(folder));
    return stats && identityOf(stats) === known.identity ? known.observation : undefined;
  }
}

/** Paths of version folders by version, the shortest name first. */
async function readVersions(folder: string): Promise<Map<ModelVersion, string[]>> {
  const versions = new Map<ModelVersion, string[]>();
  const entries = await readdir(folder, { withFileTypes: true });
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

function identityOf({ dev, ino, mtimeMs, ctimeMs }: Stats): string {
  return [dev, ino, mtimeMs, ctimeMs].join(":");
}
