import { randomUUID } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import {
  checkedFiles,
  checkModelName,
  type IncomingFile,
  type ModelVersion,
  PlinthError,
  parseModelVersion,
} from "@plinth/core";
import type { z } from "zod";
import { uploadRequest } from "../resources.js";

export interface UploadStoreOptions {
  /** Folder for parts that have come; absent: one of its own that does not outlive the process. */
  readonly directory: string | undefined;
  /** Largest version, in bytes. */
  readonly maxUploadBytes: number;
  readonly maxOpenUploads: number;
  /** How long nothing may come of an upload before it is dropped, in milliseconds. */
  readonly expiryMs: number;
}

/** A version that is being sent in parts. */
export interface OpenUpload {
  readonly id: string;
  readonly model: string;
  readonly version: ModelVersion | undefined;
  readonly files: readonly OpenUploadFile[];
  /** Milliseconds since the epoch. */
  readonly expiresAtMs: number;
}

export interface OpenUploadFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Bytes that are there. */
  readonly received: number;
}

type Manifest = z.output<typeof uploadRequest>;

/** Bytes of a file that are read at once to be published. */
const READ_BYTES = 1024 * 1024;

const MANIFEST = "manifest.json";
const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Parts of versions on disk until they are whole: a folder for each upload with a manifest and one file for each of its files,
 * named by its index, so that no path of a client's is ever one here.
 */
export class UploadStore {
  readonly #options: UploadStoreOptions;
  /** By the part that is being sent. */
  readonly #sending = new Map<string, { readonly cutOff: AbortController; readonly ended: Promise<void> }>();
  #directory: Promise<string> | undefined;

  constructor(options: UploadStoreOptions) {
    this.#options = options;
  }

  /** @throws PlinthError `FILES_INVALID`, `MODEL_NAME_INVALID`, `REQUEST_TOO_LARGE`, `UPLOADS_EXHAUSTED` */
  async create(request: Manifest): Promise<OpenUpload> {
    const { maxUploadBytes, maxOpenUploads } = this.#options;
    checkModelName(request.model);
    await checkPaths(request);
    const totalBytes = request.files.reduce((sum, { bytes }) => sum + bytes, 0);
    if (totalBytes > maxUploadBytes) {
      throw new PlinthError(
        "REQUEST_TOO_LARGE",
        `Expected at most ${maxUploadBytes} bytes (management.maxUploadBytes), got ${totalBytes}`,
      );
    }
    const directory = await this.#open();
    if ((await this.#dropExpired(directory)) >= maxOpenUploads) {
      throw new PlinthError(
        { code: "RESOURCE_EXHAUSTED", reason: "UPLOADS_EXHAUSTED" },
        `There are ${maxOpenUploads} uploads under way (management.maxOpenUploads): complete or delete one first, GET /api/uploads ` +
          "lists them",
      );
    }
    const id = randomUUID();
    const work = join(directory, `.${id}`);
    await mkdir(work);
    await writeFile(join(work, MANIFEST), JSON.stringify(request));
    await rename(work, join(directory, id));
    return this.get(id);
  }

  /** @throws PlinthError `UPLOAD_NOT_FOUND` */
  async get(id: string): Promise<OpenUpload> {
    const folder = await this.#folder(id);
    const { model, version, files } = await readManifest(folder, id);
    const received = await Promise.all(files.map((_file, index) => sizeOf(join(folder, String(index)))));
    return {
      id,
      model,
      version: version === undefined ? undefined : parseModelVersion(version),
      files: files.map((file, index) => ({ ...file, received: received[index] ?? 0 })),
      expiresAtMs: (await touchedAtMs(folder)) + this.#options.expiryMs,
    };
  }

  /** All that are under way, the first to expire first. */
  async list(): Promise<readonly OpenUpload[]> {
    const ids = (await readdir(await this.#open())).filter((name) => ID.test(name));
    const found = await Promise.all(ids.map((id) => this.get(id).catch(() => undefined)));
    return found.flatMap((each) => each ?? []).sort((left, right) => left.expiresAtMs - right.expiresAtMs);
  }

  /**
   * Appends to a file what comes, as long as it comes: what arrived before a connection broke stays. Whoever is sending the same
   * file is cut off: it is most likely the same client on a connection that broke unnoticed.
   *
   * @throws PlinthError `UPLOAD_NOT_FOUND`; `UPLOAD_OFFSET_MISMATCH` where the file does not end at `offset`, with where it does;
   * `FILES_INVALID` past its announced size; `CANCELLED` once another one sends
   */
  async append(id: string, index: number, offset: number, bytes: Readable): Promise<OpenUpload> {
    const file = (await this.get(id)).files[index];
    if (file === undefined) throw notFound(`${id} has no file ${index}`);
    const part = join(await this.#folder(id), String(index));
    const sending = await this.#takeOver(part);
    try {
      const end = await sizeOf(part);
      if (end !== offset) throw offsetMismatch(file.path, end, offset);
      const expected = (source: AsyncIterable<Uint8Array>) => upTo(source, file.bytes - offset, file.path);
      await pipeline(bytes, expected, createWriteStream(part, { flags: "a" }), { signal: sending.signal });
    } finally {
      sending.end();
      await this.#touch(id);
    }
    return this.get(id);
  }

  /** Cuts off whoever is sending this part, and waits until nothing more of theirs is written. */
  async #takeOver(part: string): Promise<{ readonly signal: AbortSignal; end(): void }> {
    for (let earlier = this.#sending.get(part); earlier !== undefined; earlier = this.#sending.get(part)) {
      earlier.cutOff.abort();
      await earlier.ended;
    }
    const cutOff = new AbortController();
    let settle: () => void = () => {};
    const ended = new Promise<void>((resolve) => {
      settle = resolve;
    });
    this.#sending.set(part, { cutOff, ended });
    const end = () => {
      this.#sending.delete(part);
      settle();
    };
    return { signal: cutOff.signal, end };
  }

  /** What was sent, to be published: checksums are checked while it is read. @throws PlinthError `UPLOAD_INCOMPLETE` */
  async files(id: string): Promise<readonly IncomingFile[]> {
    const { files } = await this.get(id);
    const folder = await this.#folder(id);
    const missing = files.filter(({ received, bytes }) => received !== bytes).map(({ path }) => path);
    if (missing.length > 0) {
      throw new PlinthError(
        { code: "FAILED_PRECONDITION", reason: "UPLOAD_INCOMPLETE" },
        `These files are not whole yet: ${missing.slice(0, 10).join(", ")}; send the rest of them first`,
      );
    }
    return files.map(({ path, sha256, bytes }, index) => {
      if (bytes === 0) return { path, sha256, content: [] };
      const localFile = join(folder, String(index));
      return { path, sha256, content: contentOf(localFile), localFile };
    });
  }

  /** @throws PlinthError `UPLOAD_NOT_FOUND` */
  async remove(id: string): Promise<void> {
    await this.get(id);
    await rm(await this.#folder(id), { recursive: true, force: true });
  }

  #open(): Promise<string> {
    this.#directory ??= openDirectory(this.#options.directory);
    return this.#directory;
  }

  async #folder(id: string): Promise<string> {
    if (!ID.test(id)) throw notFound(JSON.stringify(id.slice(0, 64)));
    return join(await this.#open(), id);
  }

  async #touch(id: string): Promise<void> {
    const now = new Date();
    await utimes(await this.#folder(id), now, now).catch(() => {});
  }

  /** How many are left. */
  async #dropExpired(directory: string): Promise<number> {
    const folders = (await readdir(directory)).filter((name) => ID.test(name)).map((name) => join(directory, name));
    const kept = await Promise.all(
      folders.map(async (folder) => {
        if ((await touchedAtMs(folder)) + this.#options.expiryMs > Date.now()) return true;
        await rm(folder, { recursive: true, force: true });
        return false;
      }),
    );
    return kept.filter((isKept) => isKept).length;
  }
}

/** Opened only when it is its turn. */
async function* contentOf(file: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(file, { highWaterMark: READ_BYTES });
}

async function openDirectory(directory: string | undefined): Promise<string> {
  if (directory === undefined) return mkdtemp(join(tmpdir(), "plinth-uploads-"));
  await mkdir(directory, { recursive: true, mode: 0o700 });
  return directory;
}

async function readManifest(folder: string, id: string): Promise<Manifest> {
  try {
    return uploadRequest.parse(JSON.parse(await readFile(join(folder, MANIFEST), "utf8")));
  } catch {
    throw notFound(id);
  }
}

/** The paths as storages check them, before anything is sent. */
async function checkPaths({ files }: Manifest): Promise<void> {
  const empty = files.map(({ path }) => ({ path, content: [] }));
  for await (const _file of checkedFiles(empty, new AbortController().signal));
}

async function* upTo(bytes: AsyncIterable<Uint8Array>, maxBytes: number, path: string): AsyncGenerator<Uint8Array> {
  let count = 0;
  for await (const chunk of bytes) {
    count += chunk.length;
    if (count > maxBytes) {
      throw new PlinthError(
        "FILES_INVALID",
        `More was sent of ${path} than was announced; start a new upload with its right size`,
      );
    }
    yield chunk;
  }
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.size ?? 0;
}

async function touchedAtMs(folder: string): Promise<number> {
  return (await stat(folder).catch(() => undefined))?.mtimeMs ?? 0;
}

function notFound(what: string): PlinthError {
  return new PlinthError(
    { code: "NOT_FOUND", reason: "UPLOAD_NOT_FOUND" },
    `There is no upload ${what} (any more): start a new one with POST /api/uploads`,
  );
}

function offsetMismatch(path: string, end: number, offset: number): PlinthError {
  return new PlinthError(
    { code: "FAILED_PRECONDITION", reason: "UPLOAD_OFFSET_MISMATCH" },
    `Expected Upload-Offset ${end}, where ${path} ends here, got ${offset}; go on from there`,
    { details: { expectedOffset: end } },
  );
}
