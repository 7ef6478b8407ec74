import { PlinthError } from "../model/errors.js";
import { parseModelVersion } from "../model/model-version.js";
import { type JsonValue, type ListOptions, MAX_SIDE_FILE_BYTES } from "./storage.js";

/** Longest path of a file inside a version, in UTF-8 bytes. */
export const MAX_FILE_PATH_BYTES = 1000;

/** Longest part of a path between two slashes, in UTF-8 bytes. */
const MAX_SEGMENT_BYTES = 255;

const MAX_RECORD_KEY_BYTES = 512;

/**
 * Checks the path of a file inside a version, for storages, which all refuse the same.
 *
 * Refuses, besides what leaves the version's folder, segments that begin with `..`: Kubernetes keeps its own folders under such
 * names in mounted volumes.
 *
 * @throws PlinthError `FILES_INVALID`
 */
export function checkFilePath(path: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be in a path
  const plain = path.isWellFormed() && !/[\\\u0000-\u001f\u007f]/.test(path);
  if (plain && Buffer.byteLength(path) <= MAX_FILE_PATH_BYTES && path.split("/").every(isSegment)) return;
  throw new PlinthError(
    "FILES_INVALID",
    `${quote(path)} cannot name a file of a version: expected a relative path of at most ${MAX_FILE_PATH_BYTES} bytes with ` +
      'forward slashes, without control characters and without segments that are empty, "." or begin with ".."',
  );
}

/** Checks the name of a file beside a model's versions. @throws PlinthError `FILES_INVALID` */
export function checkSideFileName(name: string): void {
  checkFilePath(name);
  if (!name.includes("/")) return;
  throw new PlinthError("FILES_INVALID", `Expected the name of a file in the model's own folder, got ${quote(name)}`);
}

/** Checks a file to be laid beside a model's versions. @throws PlinthError `FILES_INVALID` */
export function checkSideFile(name: string, content: Uint8Array): void {
  checkSideFileName(name);
  if (parseModelVersion(name) !== undefined) {
    throw new PlinthError(
      "FILES_INVALID",
      `${quote(name)} cannot be a file beside versions, for a version is named so`,
    );
  }
  if (content.byteLength <= MAX_SIDE_FILE_BYTES) return;
  throw new PlinthError(
    "FILES_INVALID",
    `${quote(name)} has ${content.byteLength} bytes, more than the ${MAX_SIDE_FILE_BYTES} that a file beside versions may have`,
  );
}

/** Whether a listing is to tell of a file of this name. */
export function isAskedFor(name: string, asked: ListOptions["sideFiles"]): boolean {
  if (asked === "all") return !name.startsWith(".") && parseModelVersion(name) === undefined;
  return asked?.includes(name) === true;
}

/** Checks a record's key. @throws PlinthError `FILES_INVALID` */
export function checkRecordKey(key: string): void {
  if (isRecordText(key) && key.split("/").every((segment) => segment !== "" && segment !== "." && segment !== ".."))
    return;
  throw new PlinthError(
    "FILES_INVALID",
    `${quote(key)} cannot be a record's key: expected 1 to ${MAX_RECORD_KEY_BYTES} bytes of A-Z a-z 0-9 . _ ~ / - without ` +
      'segments that are empty, "." or ".."',
  );
}

/** Checks what records are listed by. @throws PlinthError `FILES_INVALID` for what no key can begin with. */
export function checkRecordPrefix(prefix: string): void {
  if (prefix === "" || isRecordText(prefix)) return;
  throw new PlinthError(
    "FILES_INVALID",
    `No record's key begins with ${quote(prefix)}: expected at most ${MAX_RECORD_KEY_BYTES} bytes of A-Z a-z 0-9 . _ ~ / -`,
  );
}

/**
 * Checks that a record is at the revision that a write expects; `undefined` stands for no record.
 *
 * @throws PlinthError `RECORD_CONFLICT`
 */
export function checkRevision(key: string, found: string | undefined, expected: string | undefined): void {
  if (found === expected) return;
  throw new PlinthError(
    "RECORD_CONFLICT",
    `Expected record ${key} at revision ${expected ?? "(none)"}, found ${found ?? "(none)"}: read it again`,
  );
}

/** A record's value as JSON text. @throws PlinthError `FILES_INVALID` for what JSON cannot hold. */
export function recordText(key: string, value: JsonValue): string {
  try {
    const text: string | undefined = JSON.stringify(value);
    if (text !== undefined) return text;
  } catch (cause) {
    throw new PlinthError("FILES_INVALID", `The value for record ${quote(key)} cannot be written as JSON`, { cause });
  }
  throw new PlinthError("FILES_INVALID", `Expected a JSON value for record ${quote(key)}, got ${typeof value}`);
}

function isSegment(segment: string): boolean {
  return (
    segment !== "" && segment !== "." && !segment.startsWith("..") && Buffer.byteLength(segment) <= MAX_SEGMENT_BYTES
  );
}

function isRecordText(text: string): boolean {
  return text.length <= MAX_RECORD_KEY_BYTES && /^[A-Za-z0-9._~/-]+$/.test(text);
}

function quote(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}
