import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type FileEntry, type Logger, PlinthError, type VersionFiles } from "@plinth/core";
import pLimit from "p-limit";
import { type CacheFolder, filesToEvict } from "./cache-folder.js";
import { downloadFile } from "./file-download.js";
import { KeyedTurns } from "./keyed-turns.js";
import type { ObjectStore } from "./object-store.js";
import { PartBuffers } from "./part-buffers.js";
import { StoreError } from "./store-errors.js";
import type { VersionFile } from "./version-files.js";

/** Files of one version that are looked for and downloaded at once. */
const MAX_CONCURRENT_FILES = 8;

/** Downloads of one file until its content is taken for what the store has. */
const MAX_DOWNLOADS = 3;

/** How often a download says how far it is, in milliseconds. */
const PROGRESS_MS = 5_000;

/** Makes versions of a bucket readable as folders, and keeps what it has downloaded for those who ask next. */
export class FileCache {
  readonly #store: ObjectStore;
  /** Tells the same key of several buckets apart. */
  readonly #bucketName: string;
  readonly #folder: CacheFolder;
  readonly #maxBytes: number;
  readonly #logger: Logger;
  readonly #buffers = new PartBuffers();
  /** Two who need the same object wait for one another, so that it is downloaded once. */
  readonly #turns = new KeyedTurns();

  constructor(store: ObjectStore, bucketName: string, folder: CacheFolder, maxBytes: number, logger: Logger) {
    this.#store = store;
    this.#bucketName = bucketName;
    this.#folder = folder;
    this.#maxBytes = maxBytes;
    this.#logger = logger;
  }

  /** @param name for people, as `version 3 of model digits` */
  async open(name: string, files: readonly VersionFile[], signal: AbortSignal): Promise<VersionFiles> {
    const directory = await this.#folder.openFolder();
    const progress = this.#progress(name, files);
    try {
      const limit = pLimit(MAX_CONCURRENT_FILES);
      const bring = (file: VersionFile, ending: AbortSignal) =>
        limit(() => this.#bring(file, join(directory, file.path), progress.received, ending));
      const opened = await allOrNone(files, signal, bring);
      const sorted = opened.sort((left, right) => (left.path < right.path ? -1 : 1));
      let release = async () => {
        release = async () => {};
        await this.#folder.closeFolder(directory);
        await this.#evict(0);
      };
      return { directory, files: sorted, [Symbol.asyncDispose]: () => release() };
    } catch (thrown) {
      await this.#folder.closeFolder(directory);
      throw thrown;
    } finally {
      progress.end();
    }
  }

  async #bring(
    file: VersionFile,
    target: string,
    received: (bytes: number) => void,
    signal: AbortSignal,
  ): Promise<FileEntry> {
    signal.throwIfAborted();
    await mkdir(dirname(target), { recursive: true });
    const identity = [this.#bucketName, file.key, file.etag, file.bytes].join("\0");
    return this.#turns.take(file.sha256 ?? identity, signal, async () => {
      const { path, bytes } = file;
      const known = file.sha256 ?? (await this.#folder.known(identity));
      if (known !== undefined && (await this.#folder.linkTo(known, bytes, target)))
        return { path, bytes, sha256: known };
      await this.#evict(bytes);
      const incoming = this.#folder.incoming();
      try {
        const sha256 = await this.#download(file, incoming, received, signal);
        await this.#folder.add(incoming, sha256, target);
        if (file.sha256 === undefined) await this.#folder.remember(identity, sha256);
        return { path, bytes, sha256 };
      } finally {
        await this.#folder.discard(incoming);
      }
    });
  }

  /**
   * Downloads a file until it is what it should be: by the SHA-256 that was published; else by the MD5 that an ETag mostly is; else by
   * having come twice the same.
   */
  async #download(
    file: VersionFile,
    incoming: string,
    received: (bytes: number) => void,
    signal: AbortSignal,
  ): Promise<string> {
    const seen = new Set<string>();
    for (let attempt = 0; attempt < MAX_DOWNLOADS; attempt++) {
      await this.#folder.discard(incoming);
      const { sha256, md5 } = await downloadFile(this.#store, file, incoming, this.#buffers, received, signal);
      const isRight =
        file.sha256 !== undefined ? sha256 === file.sha256 : md5 === undefined || md5 === file.etag || seen.has(sha256);
      if (isRight) return sha256;
      seen.add(sha256);
      this.#logger.warn(`${file.key} came damaged from the store`, { expected: file.sha256 ?? file.etag, sha256, md5 });
    }
    throw new PlinthError(
      { code: "DATA_LOSS", reason: "FILE_DAMAGED" },
      `${file.key} came ${MAX_DOWNLOADS} times from the store with another checksum than it was published with: ` +
        "publish the version again, or restore the object",
      { details: { key: file.key, expected: file.sha256, actual: [...seen] } },
    );
  }

  /** Deletes what nobody has open until there is room for so many more bytes. What is open is kept, even past the budget. */
  async #evict(moreBytes: number): Promise<void> {
    try {
      const files = filesToEvict(await this.#folder.contents(), this.#maxBytes - moreBytes);
      for (const { sha256 } of files) await this.#folder.evict(sha256);
    } catch (error) {
      this.#logger.warn("Cannot make room in the cache of downloaded files", { error });
    }
  }

  #progress(name: string, files: readonly VersionFile[]): { received(bytes: number): void; end(): void } {
    const totalBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
    let receivedBytes = 0;
    const timer = setInterval(() => {
      if (receivedBytes > 0) this.#logger.info(`Downloading ${name}`, { receivedBytes, totalBytes });
    }, PROGRESS_MS);
    timer.unref();
    const received = (bytes: number) => {
      receivedBytes += bytes;
    };
    return { received, end: () => clearInterval(timer) };
  }
}

/** As `Promise.all`, but a failure ends the others, and is told when they have ended, so that nothing goes on behind anybody's back. */
async function allOrNone<T, R>(
  items: readonly T[],
  signal: AbortSignal,
  work: (item: T, signal: AbortSignal) => Promise<R>,
): Promise<R[]> {
  const failing = new AbortController();
  const ending = AbortSignal.any([signal, failing.signal]);
  const working = items.map(async (item) => {
    try {
      return await work(item, ending);
    } catch (thrown) {
      failing.abort(thrown);
      throw thrown;
    }
  });
  await Promise.allSettled(working);
  signal.throwIfAborted();
  failing.signal.throwIfAborted();
  return Promise.all(working);
}

/** Whether an object was replaced or deleted while it was read. */
export function isChangedMeanwhile(thrown: unknown): boolean {
  return thrown instanceof StoreError && thrown.isConflict;
}
