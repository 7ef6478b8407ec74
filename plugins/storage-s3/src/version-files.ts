import { createHash } from "node:crypto";
import { checkFilePath, PlinthError } from "@plinth/core";
import type { PublishedFile, VersionNote } from "./version-note.js";

/** Most files of a version that is opened. */
const MAX_FILES = 20_000;

/** One file of a version in the bucket. */
export interface VersionFile {
  readonly path: string;
  readonly key: string;
  readonly bytes: number;
  readonly etag: string;
  /** Absent where nobody has told. */
  readonly sha256?: string;
}

/** Another one when a file comes, goes, or gets another size or ETag, which is made from its content. */
export function fingerprintOf(files: readonly Pick<VersionFile, "path" | "bytes" | "etag">[]): string {
  const sorted = [...files].sort((left, right) => (left.path < right.path ? -1 : 1));
  const hash = createHash("sha256");
  for (const { path, bytes, etag } of sorted) hash.update(`${path}\0${bytes}\0${etag}\0`);
  return hash.digest("hex");
}

/** What a note says of the files that are there: what it knows of them, that some are missing, or nothing, where others have come. */
export function knownFiles(
  files: readonly VersionFile[],
  note: VersionNote | undefined,
): readonly VersionFile[] | "incomplete" | undefined {
  if (note === undefined) return undefined;
  if (note.state !== "published") return "incomplete";
  const published = new Map(note.files.map((file) => [file.path, file]));
  const known = files.filter((file) => isSame(file, published.get(file.path)));
  if (known.length < files.length) return undefined;
  if (known.length < published.size) return "incomplete";
  return known.map((file) => ({ ...file, sha256: published.get(file.path)?.sha256 ?? "" }));
}

function isSame(file: VersionFile, published: PublishedFile | undefined): boolean {
  return file.bytes === published?.bytes && file.etag === published.etag;
}

/**
 * Checks that a version can be laid out as a folder: people can give objects any name.
 *
 * @throws PlinthError `FILES_INVALID`
 */
export function checkOpenable(folder: string, files: readonly VersionFile[]): void {
  if (files.length > MAX_FILES) {
    throw new PlinthError("FILES_INVALID", `${folder} cannot be opened: it holds more than ${MAX_FILES} objects`);
  }
  const paths = new Set(files.map(({ path }) => path));
  for (const { path } of files) {
    checkFilePath(path);
    const segments = path.split("/");
    const clash = segments
      .slice(1)
      .map((_, index) => segments.slice(0, index + 1).join("/"))
      .find((above) => paths.has(above));
    if (clash !== undefined) {
      throw new PlinthError(
        "FILES_INVALID",
        `${folder} cannot be opened: ${clash} is an object and a folder; rename one of them`,
      );
    }
  }
}
