import { type ModelVersion, PlinthError } from "@plinth/core";
import type { BucketLayout, Place } from "./bucket-layout.js";
import type { ListedObject, ObjectStore } from "./object-store.js";
import type { VersionFile } from "./version-files.js";

/** A folder of a version, as people or Plinth have laid it. */
export interface ListedFolder {
  readonly name: string;
  readonly files: VersionFile[];
  modifiedAtMs: number;
}

/** All that a listing says of one version. */
export interface ListedVersion {
  readonly version: ModelVersion;
  /** Several where people have given a number leading zeros. */
  readonly folders: Map<string, ListedFolder>;
  note: ListedObject | undefined;
}

export interface ListedModel {
  readonly versions: Map<ModelVersion, ListedVersion>;
  /** ETags by name, of files beside the versions. */
  readonly sideFiles: Map<string, string>;
}

export type ListedModels = ReadonlyMap<string, ListedModel>;

/**
 * Lists the whole bucket below the prefix once, page by page of 1000 keys, and jumps over the records. No other request shows a file
 * that was replaced, and one for each folder would be more than these pages as soon as there are many folders.
 */
export async function listBucket(store: ObjectStore, layout: BucketLayout, signal: AbortSignal): Promise<ListedModels> {
  const models = new Map<string, ListedModel>();
  // A tilde comes after the slash, and before every other folder of ours.
  const afterRecords = `${layout.records.slice(0, -1)}~`;
  let continuation: string | undefined;
  let startAfter = "";
  for (;;) {
    const page = await store.list({ prefix: layout.root, continuation, startAfter }, signal);
    for (const object of page.objects) add(models, layout.placeOf(object.key), object);
    if (page.next === undefined) return models;
    const isAmongRecords = page.objects.at(-1)?.key.startsWith(layout.records) === true;
    continuation = isAmongRecords ? undefined : page.next;
    startAfter = isAmongRecords ? afterRecords : "";
  }
}

/** Lists one version's folder. */
export async function listFolder(
  store: ObjectStore,
  layout: BucketLayout,
  folder: string,
  signal: AbortSignal,
): Promise<ListedFolder> {
  const listed: ListedFolder = { name: folder, files: [], modifiedAtMs: 0 };
  for await (const object of store.listAll({ prefix: folder }, signal)) {
    const place = layout.placeOf(object.key);
    if (place.kind === "file") addFile(listed, place.path, object);
  }
  return listed;
}

/** Folders of one version, as prefixes: several where people have given its number leading zeros. */
export async function foldersOf(
  store: ObjectStore,
  layout: BucketLayout,
  model: string,
  version: ModelVersion,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const found: string[] = [];
  let continuation: string | undefined;
  do {
    const page = await store.list({ prefix: layout.modelFolder(model), delimiter: "/", continuation }, signal);
    for (const folder of page.folders) {
      const place = layout.placeOf(`${folder}file`);
      if (place.kind === "file" && place.version === version) found.push(folder);
    }
    continuation = page.next;
  } while (continuation !== undefined);
  return found;
}

/** Everything below a model's folder. @throws PlinthError `VERSION_EXISTS` where versions are among it, whole or not */
export async function keysBesideVersions(
  store: ObjectStore,
  layout: BucketLayout,
  model: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key } of store.listAll({ prefix: layout.modelFolder(model) }, signal)) {
    const place = layout.placeOf(key);
    if (place.kind === "file") {
      throw new PlinthError(
        "VERSION_EXISTS",
        `Model ${model} has a version ${place.version} in the bucket, perhaps one that is not whole: remove ${place.folder} first`,
      );
    }
    keys.push(key);
  }
  return keys;
}

function add(models: Map<string, ListedModel>, place: Place, object: ListedObject): void {
  if (place.kind === "other") return;
  const model: ListedModel = models.get(place.model) ?? { versions: new Map(), sideFiles: new Map() };
  models.set(place.model, model);
  if (place.kind === "side-file") {
    model.sideFiles.set(place.name, object.etag);
    return;
  }
  const { version } = place;
  const listed: ListedVersion = model.versions.get(version) ?? { version, folders: new Map(), note: undefined };
  model.versions.set(version, listed);
  if (place.kind === "note") {
    listed.note = object;
    return;
  }
  const folder: ListedFolder = listed.folders.get(place.folder) ?? { name: place.folder, files: [], modifiedAtMs: 0 };
  listed.folders.set(place.folder, folder);
  addFile(folder, place.path, object);
}

function addFile(folder: ListedFolder, path: string, { key, bytes, etag, modifiedAtMs }: ListedObject): void {
  folder.files.push({ path, key, bytes, etag });
  folder.modifiedAtMs = Math.max(folder.modifiedAtMs, modifiedAtMs);
}
