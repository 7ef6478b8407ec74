import type {
  ListOptions,
  ModelStorage,
  ModelVersion,
  OpenOptions,
  RecordStore,
  StorageCallOptions,
  StoredModel,
  StoredVersion,
  VersionFiles,
} from "../../src/index.js";
import { FilesInMemory, PlinthError } from "../../src/index.js";
import { FakeRecords } from "./fake-records.js";

/** A storage whose listing a test sets by hand; files are names only. */
export class FakeStorage implements ModelStorage {
  listing: readonly StoredModel[] = [];
  listError: Error | undefined;
  /** Text of files beside the models' versions, by model and name. */
  readonly sideFiles = new Map<string, string>();
  readonly opened: string[] = [];
  /** Whether it gives contents to those who read them. */
  holdsContents = false;
  openHandles = 0;
  records: RecordStore = new FakeRecords();
  #changed: (() => void) | undefined;

  /** Sets the whole listing and tells the watcher. */
  hold(models: Record<string, readonly (ModelVersion | StoredVersion)[] | PlinthError>): void {
    this.listing = Object.entries(models).map(([model, versions]) =>
      versions instanceof PlinthError
        ? { model, versions: [], error: versions }
        : {
            model,
            versions: versions.map((each) =>
              typeof each === "bigint" ? { version: each, fingerprint: "first" } : each,
            ),
          },
    );
    this.#changed?.();
  }

  async start(_options?: StorageCallOptions): Promise<void> {}

  async list({ signal, sideFiles = [] }: ListOptions): Promise<readonly StoredModel[]> {
    signal.throwIfAborted();
    if (this.listError !== undefined) throw this.listError;
    return this.listing.map((stored) => {
      const names = sideFiles === "all" ? this.#sideFilesOf(stored.model) : sideFiles;
      const texts = names.map((name) => [name, this.sideFiles.get(`${stored.model}/${name}`)] as const);
      const existing = texts.filter((entry): entry is [string, string] => entry[1] !== undefined);
      return existing.length === 0 ? stored : { ...stored, sideFiles: new Map(existing) };
    });
  }

  #sideFilesOf(model: string): readonly string[] {
    const prefix = `${model}/`;
    return [...this.sideFiles.keys()]
      .filter((path) => path.startsWith(prefix))
      .map((path) => path.slice(prefix.length));
  }

  async readSideFile(model: string, name: string): Promise<Uint8Array | undefined> {
    const text = this.sideFiles.get(`${model}/${name}`);
    return text === undefined ? undefined : new TextEncoder().encode(text);
  }

  async open(model: string, version: ModelVersion, options?: Partial<OpenOptions>): Promise<VersionFiles> {
    this.opened.push(`${model}/${version}`);
    this.openHandles++;
    const files = [{ path: "model.fake", bytes: 1 }];
    const close = async () => {
      this.openHandles--;
    };
    if (options?.contents && this.holdsContents) {
      return new FilesInMemory(files, new Map([["model.fake", new Uint8Array(1)]]), close);
    }
    return { directory: `/nowhere/${model}/${version}`, files, [Symbol.asyncDispose]: close };
  }

  watch(changed: () => void): Disposable {
    this.#changed = changed;
    return {
      [Symbol.dispose]: () => {
        this.#changed = undefined;
      },
    };
  }

  async publish(model: string, version: ModelVersion): Promise<StoredVersion> {
    const stored = { version, fingerprint: "first" };
    const versions = this.#versions(model);
    if (versions.some((each) => each.version === version)) throw new PlinthError("VERSION_EXISTS", "it is there");
    this.#replace(model, [...versions, stored]);
    return stored;
  }

  async remove(model: string, version: ModelVersion): Promise<void> {
    const left = this.#versions(model).filter((each) => each.version !== version);
    if (left.length === this.#versions(model).length) throw new PlinthError("VERSION_NOT_FOUND", "it is not there");
    this.#replace(model, left);
  }

  async removeModel(model: string): Promise<void> {
    if (this.#versions(model).length > 0) throw new PlinthError("VERSION_EXISTS", "it has versions");
    for (const path of this.#sideFilesOf(model)) this.sideFiles.delete(`${model}/${path}`);
    this.listing = this.listing.filter((each) => each.model !== model);
  }

  #versions(model: string): readonly StoredVersion[] {
    return this.listing.find((each) => each.model === model)?.versions ?? [];
  }

  #replace(model: string, versions: readonly StoredVersion[]): void {
    this.listing = [...this.listing.filter((each) => each.model !== model), { model, versions }];
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
