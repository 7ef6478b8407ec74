import { createHash } from "node:crypto";
import { PlinthError } from "../model/errors.js";
import type { IncomingFile } from "./storage.js";
import { checkFilePath } from "./storage-names.js";

/** Most files of one version. */
export const MAX_FILES = 10_000;

/**
 * The files that a caller publishes, for storages to read from: checked while they are read: paths as they come, checksums when a file's content ends. Each
 * content is to be read to its end before the next file is asked for. Stops waiting for the source as soon as `signal` aborts.
 *
 * @throws PlinthError `FILES_INVALID`; whatever the source throws is passed on.
 */
export async function* checkedFiles(
  files: AsyncIterable<IncomingFile> | Iterable<IncomingFile>,
  signal: AbortSignal,
): AsyncGenerator<IncomingFile> {
  const paths = new FilePaths();
  for await (const file of untilAborted(files, signal)) {
    paths.add(file.path);
    yield { path: file.path, content: checkedContent(file, signal) };
  }
  if (paths.count === 0) throw new PlinthError("FILES_INVALID", "Expected at least one file to publish, got none");
}

async function* checkedContent(
  { path, content, sha256 }: IncomingFile,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const hash = sha256 === undefined ? undefined : createHash("sha256");
  for await (const chunk of untilAborted(content, signal)) {
    hash?.update(chunk);
    yield chunk;
  }
  const actual = hash?.digest("hex");
  if (actual === sha256) return;
  throw new PlinthError(
    "FILES_INVALID",
    `Expected ${path} to have the SHA-256 ${sha256}, got ${actual}: send it again`,
    {
      details: { path, expected: sha256, actual },
    },
  );
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
