import { randomUUID } from "node:crypto";
import { type ModelVersion, PlinthError } from "@plinth/core";
import pLimit from "p-limit";
import { listFolder } from "./bucket-listing.js";
import type { OpenStore } from "./open-store.js";
import { type CommittedNote, type KeptNote, type PublishedFile, readNote, writeNote } from "./version-note.js";
import { deleteHidden, hideVersion } from "./version-removal.js";

/** Uploads put together at once. */
const MAX_CONCURRENT_COMPLETIONS = 16;

/**
 * Brings a committed version to its end: puts each upload together and then says that the version is published. Whoever comes across
 * such a version may do so, several servers at once as well: an upload can be put together once only.
 *
 * @throws PlinthError `STORAGE_UNAVAILABLE` where the store has lost an upload; nothing of the version remains then
 */
export async function finishCommitted(
  open: OpenStore,
  model: string,
  version: ModelVersion,
  committed: KeptNote<CommittedNote>,
  signal: AbortSignal,
): Promise<readonly PublishedFile[]> {
  const { store, layout } = open;
  const limit = pLimit(MAX_CONCURRENT_COMPLETIONS);
  await Promise.all(
    committed.note.files.map(({ path, uploadId, parts }) =>
      limit(() => {
        const uploaded = parts.map((etag, index) => ({ part: index + 1, etag }));
        return store.completeUpload(layout.file(model, version, path), uploadId, uploaded, signal);
      }),
    ),
  );
  const files = await published(open, model, version, committed.note, signal);
  if (files !== undefined) {
    const note = { state: "published" as const, id: randomUUID(), files: [...files] };
    if (await writeNote(open, model, version, note, committed, signal)) return files;
  }
  const now = await readNote(open, model, version, signal);
  if (files !== undefined || now?.etag !== committed.etag) return files ?? [];
  const hidden = await hideVersion(open, model, version, committed, signal);
  if (hidden) await deleteHidden(open, model, version, hidden);
  throw new PlinthError(
    "STORAGE_UNAVAILABLE",
    `The store has lost files of version ${version} of model ${model} that it had received: publish it again`,
  );
}

/** The files as the store has them; `undefined` where some are missing. */
async function published(
  { store, layout }: OpenStore,
  model: string,
  version: ModelVersion,
  { files }: CommittedNote,
  signal: AbortSignal,
): Promise<readonly PublishedFile[] | undefined> {
  const listed = await listFolder(store, layout, layout.versionFolder(model, version), signal);
  const etags = new Map(listed.files.map(({ path, etag }) => [path, etag]));
  const found = files.flatMap(({ path, bytes, sha256 }) => {
    const etag = etags.get(path);
    return etag === undefined ? [] : [{ path, bytes, sha256, etag }];
  });
  return found.length === files.length ? found : undefined;
}
