import { type CheckedFile, PlinthError } from "@plinth/core";
import type { ObjectStore, UploadedPart } from "./object-store.js";
import { PART_BYTES, type PartBuffers } from "./part-buffers.js";
import type { UploadedFile } from "./version-note.js";

/** Most parts of an object, by S3. */
const MAX_PARTS = 10_000;

/** A file that was read, and is on its way. */
export interface SentFile {
  /** Settles when the store has all of it. */
  readonly stored: Promise<UploadedFile>;
}

/** Sends the files of one version, each as an upload that nobody sees until it is put together. */
export class FileUploads {
  readonly #store: ObjectStore;
  readonly #buffers: PartBuffers;
  readonly #failing = new AbortController();
  readonly #reading: AbortSignal;
  readonly #sent: (bytes: number) => void;
  readonly #unfinished = new Map<string, string>();
  readonly #sending = new Set<Promise<unknown>>();

  /**
   * @param signal ends the reading; what was read goes on being sent until {@link stop}
   * @param sent told of the bytes of each part that the store has
   */
  constructor(store: ObjectStore, buffers: PartBuffers, signal: AbortSignal, sent: (bytes: number) => void) {
    this.#store = store;
    this.#buffers = buffers;
    this.#reading = AbortSignal.any([signal, this.#failing.signal]);
    this.#sent = sent;
  }

  /** Uploads of files that are not there whole. */
  get unfinished(): readonly { readonly path: string; readonly uploadId: string }[] {
    return [...this.#unfinished].map(([path, uploadId]) => ({ path, uploadId }));
  }

  /** Aborts with the caller's, and with the failure of whatever could not be sent: nothing more is to be read then. */
  get reading(): AbortSignal {
    return this.#reading;
  }

  /**
   * Reads a file to its end, and sends it meanwhile and after that: the next one can be read before this one is
   * {@link SentFile.stored}.
   *
   * @param file whose pieces are parts, in our buffers
   */
  async send(file: CheckedFile, key: string): Promise<SentFile> {
    const begun = this.#begin(file.path, key);
    const parts: Promise<UploadedPart>[] = [];
    let bytes = 0;
    const send = (part: Uint8Array) => {
      const number = parts.length + 1;
      if (number <= MAX_PARTS) parts.push(this.#track(this.#sendPart(begun, key, number, part)));
      else {
        this.#buffers.giveBack(part);
        throw tooLarge(file.path);
      }
      bytes += part.length;
    };
    for await (const part of file.content) send(part);
    if (parts.length === 0) send((await this.#buffers.take(this.#reading)).subarray(0, 0));
    const sha256 = file.digest();
    return { stored: this.#track(this.#finish({ path: file.path, bytes, sha256 }, begun, parts)) };
  }

  /** Settles when nothing is on its way any more, whether it came through or not. */
  async idle(): Promise<void> {
    while (this.#sending.size > 0) await Promise.allSettled(this.#sending);
  }

  /** Stops what is on its way. */
  stop(reason: unknown): void {
    this.#failing.abort(reason);
  }

  #begin(path: string, key: string): Promise<string> {
    return this.#track(
      this.#store.beginUpload(key, this.#failing.signal).then((uploadId) => {
        this.#unfinished.set(path, uploadId);
        return uploadId;
      }),
    );
  }

  async #sendPart(begun: Promise<string>, key: string, number: number, part: Uint8Array): Promise<UploadedPart> {
    try {
      const content = Buffer.from(part.buffer, part.byteOffset, part.byteLength);
      const sent = await this.#store.uploadPart(key, await begun, number, content, this.#failing.signal);
      this.#sent(content.length);
      return sent;
    } finally {
      this.#buffers.giveBack(part);
    }
  }

  async #finish(
    file: Pick<UploadedFile, "path" | "bytes" | "sha256">,
    begun: Promise<string>,
    parts: readonly Promise<UploadedPart>[],
  ): Promise<UploadedFile> {
    const etags = (await Promise.all(parts)).map(({ etag }) => etag);
    const uploadId = await begun;
    this.#unfinished.delete(file.path);
    return { ...file, uploadId, parts: etags };
  }

  /** A failure ends all of it at once, and is told by {@link reading} to whoever waits for anything. */
  #track<T>(work: Promise<T>): Promise<T> {
    const tracked = work.catch((thrown: unknown) => {
      this.#failing.abort(thrown);
      throw thrown;
    });
    const settled = tracked.then(
      () => {},
      () => {},
    );
    this.#sending.add(settled);
    settled.then(() => this.#sending.delete(settled));
    return tracked;
  }
}

function tooLarge(path: string): PlinthError {
  return new PlinthError(
    "FILES_INVALID",
    `${path} is larger than ${(MAX_PARTS * PART_BYTES) / 1024 ** 3} GiB, the most that this storage sends as one object: split it`,
  );
}
