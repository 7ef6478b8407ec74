import { randomUUID } from "node:crypto";
import type { ModelVersion } from "@plinth/core";
import { foldersOf } from "./bucket-listing.js";
import { LEASE_MS, THIS_PROCESS } from "./note-owner.js";
import type { OpenStore } from "./open-store.js";
import { deleteNote, type KeptNote, type RemovingNote, writeNote } from "./version-note.js";

/** Longest that objects are deleted on one note, in milliseconds: well within the time for which it keeps others away. */
const DELETING_MS: number = LEASE_MS / 2;

/**
 * Says in a version's note that it is being removed, which hides it from all servers at once.
 *
 * @param before its note, or that it has none
 * @returns `undefined` where the note is another one meanwhile
 */
export function hideVersion(
  open: OpenStore,
  model: string,
  version: ModelVersion,
  before: KeptNote | undefined,
  signal: AbortSignal,
): Promise<KeptNote<RemovingNote> | undefined> {
  const note = { state: "removing" as const, id: randomUUID(), owner: THIS_PROCESS };
  return writeNote(open, model, version, note, before, signal);
}

/** Deletes the objects of a version that was hidden by this process just now, and then its note. */
export async function deleteHidden(
  open: OpenStore,
  model: string,
  version: ModelVersion,
  hidden: KeptNote<RemovingNote>,
): Promise<void> {
  const { store, layout } = open;
  const signal = AbortSignal.timeout(DELETING_MS);
  for (const folder of await foldersOf(store, layout, model, version, signal)) {
    const keys: string[] = [];
    for await (const { key } of store.listAll({ prefix: folder }, signal)) keys.push(key);
    await store.deleteAll(keys, signal);
  }
  await deleteNote(open, model, version, hidden, signal);
}
