import type {
  ModelVersion,
  OpenOptions,
  PublishOptions,
  RecordStore,
  StorageCallOptions,
  StorageStartOptions,
  StoredModel,
  StoredRecord,
  StoredVersion,
  VersionFiles,
} from "@plinth/core";
import type { BrokenStorage } from "./broken-storage.js";
import { type Files, ReferenceStorage, readFiles } from "./reference-storage.js";

export const brokenLifetime: readonly BrokenStorage[] = [
  {
    fault: "deletes the files of open handles when it is disposed",
    create: class extends ReferenceStorage {
      readonly opened: VersionFiles[] = [];
      override async open(model: string, version: ModelVersion, options: StorageCallOptions): Promise<VersionFiles> {
        const files = await super.open(model, version, options);
        this.opened.push(files);
        return files;
      }
      override async [Symbol.asyncDispose](): Promise<void> {
        await super[Symbol.asyncDispose]();
        for (const files of this.opened) await files[Symbol.asyncDispose]();
      }
    },
    caughtBy: ["keeps the files of an open handle readable after it was disposed itself"],
  },
  {
    fault: "forgets everything when it is disposed",
    create: class extends ReferenceStorage {
      override async [Symbol.asyncDispose](): Promise<void> {
        await super[Symbol.asyncDispose]();
        this.store.models.clear();
        this.store.records.clear();
      }
    },
    caughtBy: ["gives versions and records back to a storage that is opened over the same store"],
  },
  {
    fault: "starts anew where it is to be read only",
    create: class extends ReferenceStorage {
      override async start(options: StorageStartOptions): Promise<void> {
        await super.start(options);
        if (options.readOnly) this.store.models.clear();
      }
    },
    caughtBy: ["lists and opens where it is started to read only"],
  },
  {
    fault: "never tells a watcher",
    create: class extends ReferenceStorage {
      override tell(): void {}
    },
    caughtBy: ["tells of a version that was published, when the list shows it", "tells of a version that was removed"],
  },
  {
    fault: "tells watchers that have gone",
    create: class extends ReferenceStorage {
      override watch(changed: () => void): Disposable {
        super.watch(changed);
        return { [Symbol.dispose]: () => {} };
      }
    },
    caughtBy: ["tells nothing to a subscription that was disposed, and goes on telling others"],
  },
  {
    fault: "ignores signals",
    create: class extends ReferenceStorage {
      override check(): void {
        super.check();
      }
      override publish(model: string, version: ModelVersion, files: Files): Promise<StoredVersion> {
        return super.publish(model, version, files, { signal: new AbortController().signal });
      }
    },
    caughtBy: [
      ...[
        "start",
        "list",
        "open",
        "publish",
        "remove",
        "records.get",
        "records.put",
        "records.delete",
        "records.list",
      ].map((method) => `${method} rejects with an AbortError where its signal has aborted before`),
      "stops when its signal aborts in the middle of a file, and keeps nothing",
      "stops when its signal aborts while the source hangs, and keeps nothing",
    ],
  },
  {
    fault: "answers after disposal",
    create: class extends ReferenceStorage {
      override async [Symbol.asyncDispose](): Promise<void> {}
    },
    caughtBy: [
      ...["list", "open", "publish", "remove", "records.get", "records.put", "records.delete", "records.list"].map(
        (method) => `${method} rejects with STORAGE_CLOSED after disposal`,
      ),
      "watch throws STORAGE_CLOSED after disposal",
      "ends a publish that hangs when it is disposed, and keeps nothing of it",
      "ends a listing of records that is half read when it is disposed",
    ],
  },
  {
    fault: "answers until its disposal is done",
    create: class extends ReferenceStorage {
      override async [Symbol.asyncDispose](): Promise<void> {
        await new Promise(setImmediate);
        await super[Symbol.asyncDispose]();
      }
    },
    caughtBy: ["list", "open", "publish", "remove", "records.get", "records.put", "records.delete", "records.list"].map(
      (method) => `${method} rejects with STORAGE_CLOSED while disposal is under way`,
    ),
  },
  {
    fault: "falls over signals that abort late",
    create: class extends ReferenceStorage {
      override createRecords(): RecordStore {
        const records = super.createRecords();
        return {
          get: (key, options) => this.stumbling(records.get(key, options), options),
          put: (key, value, expected, options) => this.stumbling(records.put(key, value, expected, options), options),
          delete: (key, expected, options) => this.stumbling(records.delete(key, expected, options), options),
          list: (prefix, options) => this.stumblingList(records.list(prefix, options), options),
        };
      }
      override list(options: StorageCallOptions): Promise<readonly StoredModel[]> {
        return this.stumbling(super.list(options), options);
      }
      override open(model: string, version: ModelVersion, options: OpenOptions): Promise<VersionFiles> {
        return this.stumbling(super.open(model, version, options), options);
      }
      override publish(model: string, version: ModelVersion, files: Files, options: PublishOptions) {
        return this.stumbling(super.publish(model, version, files, options), options);
      }
      override remove(model: string, version: ModelVersion, options: StorageCallOptions): Promise<void> {
        return this.stumbling(super.remove(model, version, options), options);
      }
      async stumbling<T>(call: Promise<T>, { signal }: StorageCallOptions): Promise<T> {
        const early = signal.aborted;
        await Promise.allSettled([call]);
        if (signal.aborted && !early) throw new TypeError("Cannot read properties of undefined");
        return call;
      }
      async *stumblingList(records: AsyncIterable<StoredRecord>, options: StorageCallOptions) {
        await this.stumbling(new Promise((resolve) => setImmediate(resolve)), options);
        yield* records;
      }
    },
    caughtBy: ["list", "open", "publish", "remove", "records.get", "records.put", "records.delete", "records.list"].map(
      (method) =>
        `${method} rejects with an AbortError, if at all for that reason, where its signal aborts while it is under way`,
    ),
  },
  {
    fault: "waits in disposal for calls that hang",
    create: class extends ReferenceStorage {
      readonly publishing = new Set<Promise<unknown>>();
      override async publish(model: string, version: ModelVersion, files: Files, options: StorageCallOptions) {
        const hanging = readFiles(files, options.signal);
        this.publishing.add(hanging);
        return super.add(model, version, await hanging);
      }
      override async [Symbol.asyncDispose](): Promise<void> {
        await Promise.allSettled(this.publishing);
        await super[Symbol.asyncDispose]();
      }
    },
    caughtBy: ["ends a publish that hangs when it is disposed, and keeps nothing of it"],
  },
  {
    fault: "leaves calls unsettled that are under way when it is disposed",
    create: class extends ReferenceStorage {
      override async list(options: StorageCallOptions): Promise<readonly StoredModel[]> {
        const listed = await super.list(options);
        return this.closing.signal.aborted ? new Promise(() => {}) : listed;
      }
    },
    caughtBy: ["settles every call that is under way when it is disposed"],
  },
  {
    fault: "cannot be disposed twice",
    create: class extends ReferenceStorage {
      override async [Symbol.asyncDispose](): Promise<void> {
        if (this.closing.signal.aborted) throw new Error("disposed already");
        await super[Symbol.asyncDispose]();
      }
    },
    caughtBy: ["can be disposed twice, also at once"],
  },
  {
    fault: "cannot be disposed before it was started",
    create: class extends ReferenceStorage {
      started = false;
      override async start(options: StorageCallOptions): Promise<void> {
        await super.start(options);
        this.started = true;
      }
      override async [Symbol.asyncDispose](): Promise<void> {
        if (!this.started) throw new Error("not started");
        await super[Symbol.asyncDispose]();
      }
    },
    caughtBy: ["can be disposed without having been started"],
  },
];
