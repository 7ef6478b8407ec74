import { createHash } from "node:crypto";
import { setMaxListeners } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import {
  checkModelName,
  checkSideFile,
  checkSideFileName,
  FilesInMemory,
  type IncomingFile,
  isAskedFor,
  type JsonValue,
  type ListOptions,
  MAX_MODEL_VERSION,
  MAX_SIDE_FILE_BYTES,
  type ModelStorage,
  type ModelVersion,
  type OpenOptions,
  PlinthError,
  type PublishOptions,
  type RecordStore,
  type StorageCallOptions,
  type StoredModel,
  type StoredRecord,
  type StoredVersion,
  type VersionFiles,
} from "@plinth/core";

export interface ReferenceVersion {
  readonly fingerprint: string;
  readonly contents: ReadonlyMap<string, Buffer>;
}

/** Whole files by path and checksum. */
export type KeptFiles = Map<string, Buffer>;

/** What outlives a storage, so that another one can be opened over it. */
export class ReferenceStore {
  readonly models = new Map<string, Map<ModelVersion, ReferenceVersion>>();
  readonly records = new Map<string, StoredRecord>();
  readonly leftovers = new Set<string>();
  /** Beside versions, by model and name. */
  readonly sideFiles = new Map<string, Uint8Array>();
  /** What is kept of publishes that broke off, by model and version. */
  readonly unfinished = new Map<string, KeptFiles>();
  counter = 0;
}

/** What `publish` takes. */
export type Files = AsyncIterable<IncomingFile> | Iterable<IncomingFile>;

/** A storage that is right and as plain as can be; the tests of the suite break one thing of it at a time. */
export class ReferenceStorage implements ModelStorage {
  readonly store: ReferenceStore;
  readonly records: RecordStore;
  readonly watchers = new Set<() => void>();
  placed: ReadonlyMap<string, string> = new Map();
  readonly closing = new AbortController();
  readonly underWay = new Set<Promise<unknown>>();

  constructor(store: ReferenceStore = new ReferenceStore()) {
    this.store = store;
    this.records = this.createRecords();
  }

  createRecords(): RecordStore {
    return new ReferenceRecords(this);
  }

  check(signal?: AbortSignal): void {
    this.closing.signal.throwIfAborted();
    signal?.throwIfAborted();
  }

  async start({ signal }: StorageCallOptions): Promise<void> {
    this.check(signal);
  }

  async list({ signal, sideFiles }: ListOptions): Promise<readonly StoredModel[]> {
    this.check(signal);
    const own = [...this.store.models.keys()].filter((key) => !isAbsolute(key) && !this.placed.has(key));
    return [
      ...own.map((model) => ({ model, versions: this.versionsAt(model), ...this.besideOf(model, sideFiles) })),
      ...[...this.placed].map(([model, folder]) => this.listPlaced(model, folder)),
    ];
  }

  listPlaced(model: string, folder: string): StoredModel {
    if (existsSync(folder)) return { model, folder, versions: this.versionsAt(folder) };
    return { model, folder, versions: [], error: new PlinthError("STORAGE_UNAVAILABLE", "no such folder") };
  }

  besideOf(model: string, asked: ListOptions["sideFiles"]): Pick<StoredModel, "sideFiles"> {
    const prefix = `${model}/`;
    const found = [...this.store.sideFiles]
      .filter(([path]) => path.startsWith(prefix) && isAskedFor(path.slice(prefix.length), asked))
      .map(([path, content]) => [path.slice(prefix.length), Buffer.from(content).toString("base64")] as const);
    return found.length === 0 ? {} : { sideFiles: new Map(found) };
  }

  async readSideFile(model: string, name: string, { signal }: StorageCallOptions): Promise<Uint8Array | undefined> {
    this.check(signal);
    checkSideFileName(name);
    const content = this.store.sideFiles.get(`${model}/${name}`);
    if (content !== undefined && content.length > MAX_SIDE_FILE_BYTES) {
      throw new PlinthError("FILES_INVALID", "larger than it may be");
    }
    return content;
  }

  async addSideFile(
    model: string,
    name: string,
    content: Uint8Array,
    { signal }: StorageCallOptions,
  ): Promise<boolean> {
    this.check(signal);
    checkModelName(model);
    checkSideFile(name, content);
    const path = `${model}/${name}`;
    if (this.store.sideFiles.has(path)) return false;
    this.store.sideFiles.set(path, Uint8Array.from(content));
    return true;
  }

  async removeModel(model: string, { signal }: StorageCallOptions): Promise<void> {
    this.check(signal);
    checkModelName(model);
    if (this.versionsAt(this.keyOf(model)).length > 0) throw new PlinthError("VERSION_EXISTS", "it has versions");
    for (const path of [...this.store.sideFiles.keys()]) {
      if (path.startsWith(`${model}/`)) this.store.sideFiles.delete(path);
    }
    this.store.models.delete(this.keyOf(model));
  }

  versionsAt(key: string): readonly StoredVersion[] {
    return [...(this.store.models.get(key) ?? [])].map(([version, { fingerprint }]) => ({ version, fingerprint }));
  }

  /** What the versions of a model are kept under: the folder of one that is placed. */
  keyOf(model: string): string {
    return this.placed.get(model) ?? model;
  }

  place(folders: ReadonlyMap<string, string>): void {
    this.placed = folders;
  }

  async open(model: string, version: ModelVersion, options: OpenOptions): Promise<VersionFiles> {
    this.check(options.signal);
    const { contents } = this.find(model, version);
    const files = [...contents].map(([path, content]) => ({
      path,
      bytes: content.length,
      sha256: this.checksumOf(path, content),
    }));
    files.sort((left, right) => (left.path < right.path ? -1 : 1));
    if (options.contents) return new FilesInMemory(files, contents);
    const directory = await mkdtemp(join(tmpdir(), "plinth-reference-"));
    for (const [path, content] of contents) {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), content);
    }
    return {
      directory,
      files,
      [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
    };
  }

  async publish(model: string, version: ModelVersion, files: Files, options: PublishOptions): Promise<StoredVersion> {
    this.check(options.signal);
    checkModelName(model);
    if (version < 0n || version > MAX_MODEL_VERSION) throw new PlinthError("VERSION_INVALID", "no such version");
    this.checkFree(model, version);
    const signal = AbortSignal.any([options.signal, this.closing.signal]);
    const reading = readFiles(files, signal, this.unfinishedOf(model, version), this.progressOf(options));
    this.underWay.add(reading);
    const contents = await reading.finally(() => this.underWay.delete(reading));
    this.check(signal);
    this.checkFree(model, version);
    this.store.unfinished.delete(`${model}/${version}`);
    return this.add(model, version, contents);
  }

  async remove(model: string, version: ModelVersion, { signal }: StorageCallOptions): Promise<void> {
    this.check(signal);
    this.find(model, version);
    const versions = this.store.models.get(this.keyOf(model));
    versions?.delete(version);
    if (versions?.size === 0) this.store.models.delete(this.keyOf(model));
    this.tell();
  }

  watch(changed: () => void): Disposable {
    this.check();
    const watcher = () => changed();
    this.watchers.add(watcher);
    return { [Symbol.dispose]: () => this.watchers.delete(watcher) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.closing.abort(new PlinthError("STORAGE_CLOSED", "closed"));
    await Promise.allSettled(this.underWay);
  }

  checksumOf(_path: string, content: Buffer): string {
    return sha256(content);
  }

  progressOf({ onProgress }: PublishOptions): (bytes: number) => void {
    let sum = 0;
    return (bytes) => {
      sum += bytes;
      onProgress?.(sum);
    };
  }

  unfinishedOf(model: string, version: ModelVersion): KeptFiles {
    const key = `${model}/${version}`;
    const kept = this.store.unfinished.get(key) ?? new Map();
    this.store.unfinished.set(key, kept);
    return kept;
  }

  find(model: string, version: ModelVersion): ReferenceVersion {
    checkModelName(model);
    const found = this.store.models.get(this.keyOf(model))?.get(version);
    if (found === undefined) throw new PlinthError("VERSION_NOT_FOUND", "no such version");
    return found;
  }

  checkFree(model: string, version: ModelVersion): void {
    const folder = this.placed.get(model);
    if (folder !== undefined && !existsSync(folder)) throw new PlinthError("STORAGE_UNAVAILABLE", "no such folder");
    if (this.store.models.get(this.keyOf(model))?.has(version)) throw new PlinthError("VERSION_EXISTS", "exists");
  }

  add(model: string, version: ModelVersion, contents: ReadonlyMap<string, Buffer>): StoredVersion {
    const fingerprint = String(++this.store.counter);
    const key = this.keyOf(model);
    const versions = this.store.models.get(key) ?? new Map<ModelVersion, ReferenceVersion>();
    this.store.models.set(key, versions.set(version, { fingerprint, contents }));
    this.tell();
    return { version, fingerprint };
  }

  tell(): void {
    for (const watcher of this.watchers) watcher();
  }
}

export class ReferenceRecords implements RecordStore {
  readonly storage: ReferenceStorage;

  constructor(storage: ReferenceStorage) {
    this.storage = storage;
  }

  get all(): Map<string, StoredRecord> {
    return this.storage.store.records;
  }

  async get(key: string, { signal }: StorageCallOptions): Promise<StoredRecord | undefined> {
    this.check(key, signal);
    return structuredClone(this.all.get(key));
  }

  async put(
    key: string,
    value: JsonValue,
    expected: string | undefined,
    options: StorageCallOptions,
  ): Promise<StoredRecord> {
    this.check(key, options.signal);
    this.compare(key, expected);
    const record = { key, value: structuredClone(value), revision: this.nextRevision(key) };
    this.all.set(key, record);
    return structuredClone(record);
  }

  async delete(key: string, expected: string, { signal }: StorageCallOptions): Promise<void> {
    this.check(key, signal);
    this.compare(key, expected);
    this.all.delete(key);
  }

  async *list(prefix: string, { signal }: StorageCallOptions): AsyncGenerator<StoredRecord> {
    this.storage.check(signal);
    if (prefix !== "" && !isKeyText(prefix)) throw new PlinthError("FILES_INVALID", "bad prefix");
    for (const key of this.sorted([...this.all.keys()].filter((key) => key.startsWith(prefix)))) {
      this.storage.check(signal);
      const record = this.all.get(key);
      if (record) yield structuredClone(record);
    }
  }

  sorted(keys: string[]): string[] {
    return keys.sort();
  }

  nextRevision(_key: string): string {
    return String(++this.storage.store.counter);
  }

  check(key: string, signal: AbortSignal): void {
    this.storage.check(signal);
    const hostile = key.split("/").some((segment) => ["", ".", ".."].includes(segment));
    if (hostile || !isKeyText(key)) throw new PlinthError("FILES_INVALID", "bad key");
  }

  compare(key: string, expected: string | undefined): void {
    if (this.all.get(key)?.revision !== expected) throw new PlinthError("RECORD_CONFLICT", "conflict");
  }
}

function isKeyText(text: string): boolean {
  return text.length <= 512 && /^[A-Za-z0-9._~/-]+$/.test(text);
}

/** Reads what is published into memory, with every check that the contract asks for. */
export async function readFiles(
  files: Files,
  signal: AbortSignal,
  kept: KeptFiles = new Map(),
  stored: (bytes: number) => void = () => {},
): Promise<Map<string, Buffer>> {
  const contents = new Map<string, Buffer>();
  for await (const file of giveUp(files, signal)) {
    const { path } = file;
    if (!isPath(path) || [...contents.keys()].some((other) => clash(other, path))) {
      throw new PlinthError("FILES_INVALID", "bad path");
    }
    const held = file.sha256 && kept.get(`${path} ${file.sha256}`);
    const whole = held || (await readFileOnce(file, signal));
    stored(whole.length);
    if (file.sha256 !== undefined) kept.set(`${path} ${file.sha256}`, whole);
    contents.set(path, whole);
  }
  if (contents.size === 0) throw new PlinthError("FILES_INVALID", "no file");
  return contents;
}

async function readFileOnce(file: IncomingFile, signal: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of giveUp(file.content, signal)) chunks.push(Buffer.from(chunk));
  const whole = Buffer.concat(chunks);
  if (file.sha256 === undefined || file.sha256 === sha256(whole)) return whole;
  throw new PlinthError("FILES_INVALID", "bad checksum");
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function isPath(path: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be in a path
  if (!path.isWellFormed() || path.length > 1_000 || /[\\\u0000-\u001f\u007f]/.test(path)) return false;
  return path.split("/").every((segment) => segment !== "" && segment !== "." && !segment.startsWith(".."));
}

function clash(left: string, right: string): boolean {
  return left === right || left.startsWith(`${right}/`) || right.startsWith(`${left}/`);
}

/** Iterates until the signal aborts, even while the source hangs. */
async function* giveUp<T>(source: AsyncIterable<T> | Iterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const stop = new AbortController();
  setMaxListeners(0, signal);
  const aborted = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { signal: stop.signal });
  });
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  try {
    for (;;) {
      const result = await Promise.race([iterator.next(), aborted]);
      if (result.done) return;
      yield result.value;
    }
  } finally {
    stop.abort();
    void iterator.return?.();
  }
}
