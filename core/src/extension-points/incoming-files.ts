import { PlinthError } from "../model/errors.js";
import { type FileHash, fileHash } from "./file-hash.js";
import { FilePieces, type PieceMemory } from "./file-pieces.js";
import type { IncomingFile, PublishOptions } from "./storage.js";
import { checkFilePath } from "./storage-names.js";

/** Most files of one version. */
export const MAX_FILES = 10_000;

/** A file that a caller publishes, checked while it is read. */
export interface CheckedFile {
  readonly path: string;
  /** To be read to its end, or {@link keep kept} unread, before the next file is asked for. */
  readonly content: AsyncIterable<Uint8Array>;
  /** What the caller says that it is; a content that is another one fails at its end. */
  readonly sha256: string | undefined;
  /** SHA-256 of the content, in lower-case hexadecimal. To be asked for after its end. */
  digest(): string;
  /** Says that the storage holds these bytes already, of so many, so that the content is left unread. */
  keep(bytes: number): void;
  /** As {@link IncomingFile.localFile}, for a storage that rather copies it than read {@link content}, and tells of that. */
  readonly localFile: string | undefined;
  /** Says that so many bytes more were copied. @throws the reason of a signal that has aborted */
  copied(bytes: number): void;
  /** Says what the whole copy is. @throws PlinthError `FILES_INVALID` where it should be something else */
  endCopy(sha256: string): void;
}

export interface CheckOptions {
  /** As in `PublishOptions`, for storages that are done with a piece when they ask for the next. */
  readonly onProgress?: PublishOptions["onProgress"];
  /** For storages that keep the pieces of {@link CheckedFile.content} longer. Absent: a piece stays as it is until the next but one is asked for. */
  readonly memory?: PieceMemory;
}

/**
 * The files that a caller publishes, for storages to read from: checked while they are read: paths as they come, checksums when a
 * file's content ends. Stops waiting for the source as soon as `signal` aborts.
 *
 * @throws PlinthError `FILES_INVALID`; whatever the source throws is passed on.
 */
export async function* checkedFiles(
  files: AsyncIterable<IncomingFile> | Iterable<IncomingFile>,
  signal: AbortSignal,
  { onProgress = () => {}, memory }: CheckOptions = {},
): AsyncGenerator<CheckedFile> {
  const paths = new FilePaths();
  const pieces = new FilePieces(memory);
  let bytes = 0;
  const stored = (more: number) => {
    signal.throwIfAborted();
    bytes += more;
    onProgress(bytes);
  };
  for await (const file of untilAborted(files, signal)) {
    paths.add(file.path);
    const gather: Gather = (read) => pieces.gather(untilAborted(file.content, signal), read, signal);
    yield new FileInReading(file, gather, stored);
  }
  if (paths.count === 0) throw new PlinthError("FILES_INVALID", "Expected at least one file to publish, got none");
}

type Gather = (read: (bytes: Uint8Array) => Promise<unknown>) => AsyncIterable<Uint8Array>;

class FileInReading implements CheckedFile {
  readonly path: string;
  readonly sha256: string | undefined;
  readonly localFile: string | undefined;
  readonly content: AsyncIterable<Uint8Array>;
  readonly #stored: (bytes: number) => void;
  #digest: string | undefined;

  constructor(file: IncomingFile, gather: Gather, stored: (bytes: number) => void) {
    this.path = file.path;
    this.sha256 = file.sha256;
    this.localFile = file.localFile;
    this.content = this.#read(gather);
    this.#stored = stored;
  }

  digest(): string {
    if (this.#digest !== undefined) return this.#digest;
    throw new PlinthError("INTERNAL", `Expected ${this.path} to be read to its end before its checksum is asked for`);
  }

  keep(bytes: number): void {
    this.#digest = this.sha256;
    this.#stored(bytes);
  }

  copied(bytes: number): void {
    this.#stored(bytes);
  }

  endCopy(sha256: string): void {
    this.#digest = sha256;
    if (this.sha256 === undefined || this.sha256 === sha256) return;
    throw new PlinthError(
      "FILES_INVALID",
      `Expected ${this.path} to have the SHA-256 ${this.sha256}, got ${sha256}: send it again`,
      { details: { path: this.path, expected: this.sha256, actual: sha256 } },
    );
  }

  async *#read(gather: Gather): AsyncGenerator<Uint8Array> {
    let hash: FileHash | undefined;
    try {
      const pieces = gather((bytes) => {
        hash ??= fileHash(bytes.byteLength);
        return hash.update(bytes);
      });
      for await (const piece of pieces) {
        yield piece;
        this.#stored(piece.byteLength);
      }
      this.endCopy(await (hash ?? fileHash(0)).digest());
    } finally {
      hash?.[Symbol.dispose]();
    }
  }
}

/** Paths that can stand in one folder together. */
class FilePaths {
  readonly #files = new Set<string>();
  readonly #folders = new Set<string>();

  get count(): number {
    return this.#files.size;
  }

  add(path: string): void {
    checkFilePath(path);
    if (this.#files.size === MAX_FILES) {
      throw new PlinthError("FILES_INVALID", `Expected at most ${MAX_FILES} files in a version: pack them together`);
    }
    const folders = foldersAbove(path);
    if (this.#files.has(path)) throw new PlinthError("FILES_INVALID", `Expected each file once, got ${path} twice`);
    const clash = this.#folders.has(path) ? path : folders.find((folder) => this.#files.has(folder));
    if (clash !== undefined) {
      throw new PlinthError("FILES_INVALID", `${clash} cannot be a file and a folder: rename one of them`);
    }
    this.#files.add(path);
    for (const folder of folders) this.#folders.add(folder);
  }
}

function foldersAbove(path: string): string[] {
  const segments = path.split("/");
  return segments.slice(1).map((_, index) => segments.slice(0, index + 1).join("/"));
}

async function* untilAborted<T>(source: AsyncIterable<T> | Iterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  let unfinished = true;
  try {
    for (;;) {
      const next = iterator.next();
      const result = await orAborted(next, signal);
      unfinished = !result.done;
      if (result.done) return;
      yield result.value;
    }
  } finally {
    if (unfinished) await orAborted(iterator.return?.(), signal);
  }
}

/** What is awaited, or the reason of `signal` as soon as it aborts; what comes after that is of no interest to anybody. */
function orAborted<T>(awaited: Promise<T> | T, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
    Promise.resolve(awaited)
      .then(resolve, reject)
      .finally(() => signal.removeEventListener("abort", abort));
  });
}
