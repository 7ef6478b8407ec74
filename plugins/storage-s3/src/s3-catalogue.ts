import {
  isAskedFor,
  type ListOptions,
  type ModelVersion,
  PlinthError,
  type StoredModel,
  type StoredVersion,
} from "@plinth/core";
import pLimit from "p-limit";
import {
  foldersOf,
  type ListedFolder,
  type ListedModel,
  type ListedVersion,
  listBucket,
  listFolder,
} from "./bucket-listing.js";
import type { OpenStore } from "./open-store.js";
import { type Observation, observe, type SettledVersion } from "./settling.js";
import { storeFailure } from "./store-errors.js";
import { fingerprintOf, knownFiles, type VersionFile } from "./version-files.js";
import { type KeptNote, readNote } from "./version-note.js";

/** Notes read at once. */
const MAX_CONCURRENT_READS = 16;

/** A version whose note is about something that was begun. */
export interface UnfinishedVersion {
  readonly model: string;
  readonly version: ModelVersion;
  readonly note: KeptNote;
}

/** What one look at the bucket shows. */
export interface BucketView {
  readonly models: readonly StoredModel[];
  readonly unfinished: readonly UnfinishedVersion[];
}

/** One version as it is now. */
export interface FoundVersion {
  /** As prefixes. */
  readonly folders: readonly string[];
  readonly note: KeptNote | undefined;
  /** The first of its folders that is whole. */
  readonly whole: (SettledVersion & { readonly folder: string }) | undefined;
  /** Whether it was whole and is being changed by hand. */
  readonly isChanging: boolean;
}

interface Moment {
  readonly beganAtMs: number;
  readonly endedAtMs: number;
}

/** One look at everything, and what it has found so far. */
interface CatalogueLook extends Moment {
  readonly observed: Map<string, Observation>;
  readonly notes: Map<string, KeptNote | undefined>;
  readonly unfinished: UnfinishedVersion[];
}

/** Knows which versions are in the bucket, and which of them are whole. */
export class S3Catalogue {
  readonly #open: OpenStore;
  readonly #settleMs: number;
  readonly #steadyMs: () => number;
  readonly #limit = pLimit(MAX_CONCURRENT_READS);
  /** By the prefix of the folder, of those that people have laid. */
  #observed = new Map<string, Observation>();
  /** Notes as they were read last, by key and ETag, so that only those that have changed are read again. */
  #notes = new Map<string, KeptNote | undefined>();
  #isFirst = true;

  constructor(open: OpenStore, settleMs: number, steadyMs: () => number) {
    this.#open = open;
    this.#settleMs = settleMs;
    this.#steadyMs = steadyMs;
  }

  /** @param sideFiles files beside the versions to tell of */
  async view(sideFiles: ListOptions["sideFiles"], signal: AbortSignal): Promise<BucketView> {
    const { store, layout } = this.#open;
    const beganAtMs = this.#steadyMs();
    const listed = await listBucket(store, layout, signal);
    const look: CatalogueLook = {
      beganAtMs,
      endedAtMs: this.#steadyMs(),
      observed: new Map(),
      notes: new Map(),
      unfinished: [],
    };
    const models = await Promise.all(
      [...listed].map(async ([model, found]): Promise<StoredModel | undefined> => {
        try {
          return await this.#storedModel(model, found, sideFiles, look, signal);
        } catch (thrown) {
          signal.throwIfAborted();
          return {
            model,
            versions: [],
            error: PlinthError.from(storeFailure(`read the notes of model ${model}`, thrown)),
          };
        }
      }),
    );
    this.#observed = look.observed;
    this.#notes = look.notes;
    this.#isFirst = false;
    return { models: models.filter((model) => model !== undefined), unfinished: look.unfinished };
  }

  /** Looks at one version, down to its files. */
  async find(model: string, version: ModelVersion, signal: AbortSignal): Promise<FoundVersion> {
    const { store, layout } = this.#open;
    const note = await readNote(this.#open, model, version, signal);
    const beganAtMs = this.#steadyMs();
    const folders = await foldersOf(store, layout, model, version, signal);
    let isChanging = false;
    for (const name of folders) {
      const folder = await listFolder(store, layout, name, signal);
      const known = knownFiles(folder.files, note?.note);
      if (known === "incomplete" || folder.files.length === 0) continue;
      if (known !== undefined) return { folders, note, whole: { folder: name, ...settled(known) }, isChanging };
      const observation = this.#observe(name, folder, { beganAtMs, endedAtMs: this.#steadyMs() });
      this.#observed.set(name, observation);
      const { complete, fingerprint } = observation;
      if (complete?.fingerprint === fingerprint)
        return { folders, note, whole: { folder: name, ...complete }, isChanging };
      isChanging ||= complete !== undefined;
    }
    return { folders, note, whole: undefined, isChanging };
  }

  async #storedModel(
    model: string,
    { versions, sideFiles }: ListedModel,
    asked: ListOptions["sideFiles"],
    look: CatalogueLook,
    signal: AbortSignal,
  ): Promise<StoredModel | undefined> {
    const seen = await Promise.all(
      [...versions.values()].map(async (version) => {
        const note = await this.#noteOf(model, version, look, signal);
        if (note && note.note.state !== "published") look.unfinished.push({ model, version: version.version, note });
        return this.#storedVersion(model, version, note, look);
      }),
    );
    if (![...versions.values()].some(({ folders }) => folders.size > 0)) return undefined;
    const beside = [...sideFiles].filter(([name]) => isAskedFor(name, asked));
    const stored = seen.filter((version) => version !== undefined);
    return { model, versions: stored, ...(beside.length > 0 && { sideFiles: new Map(beside) }) };
  }

  #storedVersion(
    model: string,
    { version, folders }: ListedVersion,
    note: KeptNote | undefined,
    look: CatalogueLook,
  ): StoredVersion | undefined {
    let first: StoredVersion | undefined;
    for (const folder of folders.values()) {
      const known = knownFiles(folder.files, note?.note);
      if (known === "incomplete") continue;
      if (known !== undefined) {
        first ??= { version, fingerprint: fingerprintOf(known) };
        continue;
      }
      const name = `${this.#open.layout.modelFolder(model)}${folder.name}/`;
      const observation = this.#observe(name, folder, look);
      look.observed.set(name, observation);
      if (observation.complete) first ??= { version, fingerprint: observation.complete.fingerprint };
    }
    return first;
  }

  #observe(name: string, { files, modifiedAtMs }: ListedFolder, { beganAtMs, endedAtMs }: Moment): Observation {
    const storeNowMs = this.#open.store.nowMs;
    const look = { files, modifiedAtMs, beganAtMs, endedAtMs, storeNowMs, isFirst: this.#isFirst };
    return observe(this.#observed.get(name), look, this.#settleMs);
  }

  async #noteOf(
    model: string,
    { version, note }: ListedVersion,
    { notes }: CatalogueLook,
    signal: AbortSignal,
  ): Promise<KeptNote | undefined> {
    if (note === undefined || note.bytes === 0) return undefined;
    const state = `${note.key} ${note.etag}`;
    const kept = this.#notes.has(state)
      ? this.#notes.get(state)
      : await this.#limit(() => readNote(this.#open, model, version, signal));
    if (kept === undefined || kept.etag === note.etag) notes.set(state, kept);
    return kept;
  }
}

function settled(files: readonly VersionFile[]): SettledVersion {
  return { files, fingerprint: fingerprintOf(files) };
}
