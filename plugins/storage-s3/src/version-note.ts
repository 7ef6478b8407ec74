import type { ModelVersion } from "@plinth/core";
import type { OpenStore } from "./open-store.js";
import { versionNoteSchema } from "./version-note-schema.js";

/** Largest note that is read, in bytes: 10,000 files with long paths take half of it. */
const MAX_NOTE_BYTES = 32 * 1024 ** 2;

/**
 * What is going on with one version, in one object that is only ever changed under a condition, so that all servers agree. No note:
 * there is no such version, or people have laid it by hand.
 */
export type VersionNote = PublishingNote | CommittedNote | PublishedNote | RemovingNote;

interface AnyNote {
  /** Differs in every note ever written. */
  readonly id: string;
}

/** Its files are being sent, as uploads that nobody sees. */
export interface PublishingNote extends AnyNote {
  readonly state: "publishing";
  /** Left out where the publish broke off, and its files wait for the next one. */
  readonly owner?: Owner;
  readonly files: readonly UploadedFile[];
  /** Uploads of files that are not there whole. */
  readonly unfinished: readonly NamedUpload[];
}

/** All files are there as uploads, and only have to be put together. No way leads back. */
export interface CommittedNote extends AnyNote {
  readonly state: "committed";
  readonly files: readonly UploadedFile[];
}

/** The version is whole. */
export interface PublishedNote extends AnyNote {
  readonly state: "published";
  readonly files: readonly PublishedFile[];
}

/** Its objects are being deleted. */
export interface RemovingNote extends AnyNote {
  readonly state: "removing";
  readonly owner: Owner;
}

/** The process that is at work on a version. */
export interface Owner {
  readonly host: string;
  readonly process: number;
  readonly startedAtMs: number;
}

export interface NamedUpload {
  readonly path: string;
  readonly uploadId: string;
}

export interface UploadedFile extends NamedUpload {
  readonly bytes: number;
  readonly sha256: string;
  /** ETags of the parts, in their order. */
  readonly parts: readonly string[];
}

export interface PublishedFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly etag: string;
}

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
    return versionNoteSchema.parse(JSON.parse(content.toString("utf8")));
  } catch {
    return undefined;
  }
}
