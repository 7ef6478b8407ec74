import type {
  ModelStorage,
  ModelVersion,
  RecordStore,
  StorageCallOptions,
  StoredModel,
  StoredVersion,
  VersionFiles,
} from "../../src/index.js";
import { PlinthError } from "../../src/index.js";

/** A storage whose listing a test sets by hand; files are names only. */
export class FakeStorage implements ModelStorage {
  listing: readonly StoredModel[] = [];
  listError: Error | undefined;
  readonly opened: string[] = [];
  openHandles = 0;
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

  async list({ signal }: StorageCallOptions): Promise<readonly StoredModel[]> {
    signal.throwIfAborted();
    if (this.listError !== undefined) throw this.listError;
    return this.listing;
  }

  async open(model: string, version: ModelVersion): Promise<VersionFiles> {
    this.opened.push(`${model}/${version}`);
    this.openHandles++;
    return {
      directory: `/nowhere/${model}/${version}`,
      files: [{ path: "model.fake", bytes: 1 }],
      [Symbol.asyncDispose]: async () => {
        this.openHandles--;
      },
    };
  }

  watch(changed: () => void): Disposable {
    this.#changed = changed;
    return {
      [Symbol.dispose]: () => {
        this.#changed = undefined;
      },
    };
  }

  publish(): Promise<StoredVersion> {
    throw new Error("not in this fake");
  }

  remove(): Promise<void> {
    throw new Error("not in this fake");
  }

  get records(): RecordStore {
    throw new Error("not in this fake");
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
