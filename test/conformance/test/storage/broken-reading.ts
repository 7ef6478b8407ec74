import { rm } from "node:fs/promises";
import {
  checkModelName,
  FilesInMemory,
  type ModelVersion,
  type OpenOptions,
  type StorageCallOptions,
  type StoredModel,
  type StoredVersion,
  type VersionFiles,
} from "@plinth/core";
import { type BrokenStorage, tame } from "./broken-storage.js";
import { type Files, ReferenceStorage } from "./reference-storage.js";

export const brokenReading: readonly BrokenStorage[] = [
  {
    fault: "takes any model name",
    create: class extends ReferenceStorage {
      override open(model: string, version: ModelVersion, options: StorageCallOptions) {
        return super.open(tame(model), version, options);
      }
      override publish(model: string, version: ModelVersion, files: Files, options: StorageCallOptions) {
        return super.publish(tame(model), version, files, options);
      }
      override remove(model: string, version: ModelVersion, options: StorageCallOptions) {
        return super.remove(tame(model), version, options);
      }
    },
    caughtBy: [
      ...["open", "publish", "remove"].map(
        (method) => `${method} refuses a model name with a slash with MODEL_NAME_INVALID`,
      ),
      "keeps model names as they are, also with spaces and beyond ASCII",
    ],
  },
  {
    fault: "gives every version the same fingerprint",
    create: class extends ReferenceStorage {
      override add(model: string, version: ModelVersion, contents: ReadonlyMap<string, Buffer>): StoredVersion {
        this.store.counter = 0;
        return super.add(model, version, contents);
      }
    },
    caughtBy: ["gives a version another fingerprint when its content is another, also of the same size"],
  },
  {
    fault: "gives a new fingerprint with each list",
    create: class extends ReferenceStorage {
      override async list(options: StorageCallOptions): Promise<readonly StoredModel[]> {
        const fingerprint = String(++this.store.counter);
        return (await super.list(options)).map(({ model, versions }) => ({
          model,
          versions: versions.map(({ version }) => ({ version, fingerprint })),
        }));
      }
    },
    caughtBy: ["keeps a version's fingerprint while nothing changes"],
  },
  {
    fault: "lists the newest version only",
    create: class extends ReferenceStorage {
      override async list(options: StorageCallOptions): Promise<readonly StoredModel[]> {
        return (await super.list(options)).map(({ model, versions }) => ({ model, versions: versions.slice(-1) }));
      }
    },
    caughtBy: ["lists every version of every model, each once", "publishes 20 versions at once"],
  },
  {
    fault: "lists a model that is not there",
    create: class extends ReferenceStorage {
      override async list(options: StorageCallOptions): Promise<readonly StoredModel[]> {
        return [...(await super.list(options)), { model: "ghost", versions: [] }];
      }
    },
    caughtBy: ["lists no model of an empty store"],
  },
  {
    fault: "opens an empty folder for what it does not know",
    create: class extends ReferenceStorage {
      override find(model: string, version: ModelVersion) {
        checkModelName(model);
        const found = this.store.models.get(model)?.get(version);
        return found ?? { fingerprint: "", contents: new Map<string, Buffer>() };
      }
    },
    caughtBy: [
      "open of an unknown model rejects with VERSION_NOT_FOUND",
      "remove of an unknown version of a known model rejects with VERSION_NOT_FOUND and removes nothing",
      "lets exactly one of several win that remove the same version at once",
    ],
  },
  {
    fault: "gives files in the order of publishing",
    create: class extends ReferenceStorage {
      override async open(model: string, version: ModelVersion, options: StorageCallOptions): Promise<VersionFiles> {
        const { contents } = this.find(model, version);
        const opened = await super.open(model, version, options);
        return { ...opened, files: [...contents].map(([path, { length }]) => ({ path, bytes: length })) };
      }
    },
    caughtBy: ["opens an absolute folder with exactly the version's files, sorted, with their sizes"],
  },
  {
    fault: "deletes the files with the first handle, and when the version is removed",
    create: class extends ReferenceStorage {
      readonly opened = new Map<string, Promise<VersionFiles>>();
      override async open(model: string, version: ModelVersion, options: StorageCallOptions): Promise<VersionFiles> {
        this.find(model, version);
        const key = `${model}/${version}`;
        const opened = this.opened.get(key) ?? super.open(model, version, options);
        this.opened.set(key, opened);
        return opened;
      }
      override async remove(model: string, version: ModelVersion, options: StorageCallOptions): Promise<void> {
        await super.remove(model, version, options);
        const opened = await this.opened.get(`${model}/${version}`);
        if (opened) await rm(opened.directory, { recursive: true, force: true });
      }
    },
    caughtBy: [
      "keeps files readable for one handle after another was disposed, also twice",
      "opens a version again after its last handle was disposed",
      "keeps the files of an open handle readable after the version was removed",
      "keeps old and new content apart when a version is published again while the old one is open",
    ],
  },
  {
    fault: "gives contents and a folder, to everybody",
    create: class extends ReferenceStorage {
      override async open(model: string, version: ModelVersion, options: OpenOptions): Promise<VersionFiles> {
        const { contents } = this.find(model, version);
        const { signal } = options;
        return Object.assign(await super.open(model, version, { signal }), { contents });
      }
    },
    caughtBy: ["gives contents in place of a folder, which it then does not have, and a folder to others"],
  },
  {
    fault: "gives contents that it has for some files only",
    create: class extends ReferenceStorage {
      override async open(model: string, version: ModelVersion, options: OpenOptions): Promise<VersionFiles> {
        const opened = await super.open(model, version, options);
        const some = [...(opened.contents ?? [])].filter(([path]) => !path.includes("/"));
        return opened.contents ? new FilesInMemory(opened.files, new Map(some)) : opened;
      }
    },
    caughtBy: ["gives those who read contents either these or a folder, also after the version was removed"],
  },
  {
    fault: "takes names that look alike for the same",
    create: class extends ReferenceStorage {
      override keyOf(model: string): string {
        return super.keyOf(model).normalize("NFC").toLowerCase();
      }
      override checkFree(): void {}
    },
    caughtBy: [
      "keeps models apart whose names differ in case or normalisation only, or refuses the second",
      "keeps models whose names mean something elsewhere",
    ],
  },
  {
    fault: "gives out a folder that is being deleted",
    create: class extends ReferenceStorage {
      readonly opened = new Map<string, { files: Promise<VersionFiles>; handles: number }>();
      override async open(model: string, version: ModelVersion, options: StorageCallOptions): Promise<VersionFiles> {
        const { fingerprint } = this.find(model, version);
        const shared = this.opened.get(fingerprint) ?? { files: super.open(model, version, options), handles: 0 };
        this.opened.set(fingerprint, shared);
        shared.handles++;
        const files = await shared.files;
        return {
          ...files,
          [Symbol.asyncDispose]: async () => {
            if (--shared.handles > 0) return;
            await files[Symbol.asyncDispose]();
            this.opened.delete(fingerprint);
          },
        };
      }
    },
    caughtBy: ["opens a version while its last handle is being disposed"],
  },
  {
    fault: "removes every version of the model",
    create: class extends ReferenceStorage {
      override async remove(model: string, version: ModelVersion, options: StorageCallOptions): Promise<void> {
        await super.remove(model, version, options);
        this.store.models.delete(model);
      }
    },
    caughtBy: ["remove takes away that version only"],
  },
];
