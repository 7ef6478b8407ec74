import type { ModelVersion } from "@plinth/core";
import { z } from "zod";
import type { OpenStore } from "./open-store.js";

/** Largest note that is read, in bytes: 10,000 files with long paths take half of it. */
const MAX_NOTE_BYTES = 32 * 1024 ** 2;

const owner = z.strictObject({ host: z.string(), process: z.int(), startedAtMs: z.number() });

const uploadedFile = z.strictObject({
  path: z.string(),
  bytes: z.int().nonnegative(),
  sha256: z.string(),
  uploadId: z.string(),
  /** ETags of the parts, in their order. */
  parts: z.array(z.string()),
});

const publishedFile = z.strictObject({
  path: z.string(),
  bytes: z.int().nonnegative(),
  sha256: z.string(),
  etag: z.string(),
});

/** Differs in every note ever written. */
const id = z.string();

/**
 * What is going on with one version, in one object that is only ever changed under a condition, so that all servers agree:
 *
 * - `publishing`: its files are being sent, as uploads that nobody sees. Without an owner: that broke off.
 * - `committed`: all files are there as uploads, and only have to be put together. No way leads back.
 * - `published`: it is whole.
 * - `removing`: its objects are being deleted.
 *
 * No note: there is no such version, or people have laid it by hand.
 */
const versionNote = z.discriminatedUnion("state", [
  z.strictObject({
    state: z.literal("publishing"),
    id,
    owner: owner.optional(),
    files: z.array(uploadedFile),
    /** Uploads of files that are not there whole. */
    unfinished: z.array(z.strictObject({ path: z.string(), uploadId: z.string() })),
  }),
  z.strictObject({ state: z.literal("committed"), id, files: z.array(uploadedFile) }),
  z.strictObject({ state: z.literal("published"), id, files: z.array(publishedFile) }),
  z.strictObject({ state: z.literal("removing"), id, owner }),
]);

export type VersionNote = z.infer<typeof versionNote>;
export type Owner = z.infer<typeof owner>;
export type UploadedFile = z.infer<typeof uploadedFile>;
export type PublishedFile = z.infer<typeof publishedFile>;
export type NoteIn<State extends VersionNote["state"]> = Extract<VersionNote, { state: State }>;

/** A note as it was read or written. */
export interface KeptNote<Note extends VersionNote = VersionNote> {
  readonly note: Note;
  readonly etag: string;
  /** By the store's clock. */
  readonly modifiedAtMs: number;
}

/** `undefined` where there is none, or one that this version of Plinth cannot read. */
export async function readNote(
  { objects, layout }: OpenStore,
  model: string,
  version: ModelVersion,
  signal: AbortSignal,
): Promise<KeptNote | undefined> {
  const found = await objects.read(layout.note(model, version), MAX_NOTE_BYTES, signal);
  const note = found && parseNote(found.content);
  return note && { note, etag: found.etag, modifiedAtMs: found.modifiedAtMs };
}

/** Puts a note in the place of another, or where there was none. @returns `undefined` where it is another one meanwhile */
export async function writeNote<Note extends VersionNote>(
  { store, objects, layout }: OpenStore,
  model: string,
  version: ModelVersion,
  note: Note,
  before: KeptNote | undefined,
  signal: AbortSignal,
): Promise<KeptNote<Note> | undefined> {
  const content = Buffer.from(JSON.stringify(note));
  const etag = await objects.write(layout.note(model, version), content, before?.etag, signal);
  return etag === undefined ? undefined : { note, etag, modifiedAtMs: store.nowMs };
}

/** @returns whether it was still the same note */
export function deleteNote(
  { objects, layout }: OpenStore,
  model: string,
  version: ModelVersion,
  before: KeptNote,
  signal: AbortSignal,
): Promise<boolean> {
  return objects.delete(layout.note(model, version), before.etag, signal);
}

function parseNote(content: Buffer): VersionNote | undefined {
  try {
    return versionNote.parse(JSON.parse(content.toString("utf8")));
  } catch {
    return undefined;
  }
}
