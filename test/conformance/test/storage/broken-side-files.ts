import {
  checkModelName,
  isModelName,
  type ListOptions,
  PlinthError,
  type StorageCallOptions,
  type StoredModel,
} from "@plinth/core";
import type { BrokenStorage } from "./broken-storage.js";
import { ReferenceStorage } from "./reference-storage.js";

const TOLD = "tells of the files beside a model's versions that were asked for, and of no others";
const FINGERPRINT =
  "gives such a file another fingerprint when its content changes, and the same one while nothing does";
const CLEARED = "takes away what lies beside the versions of a model once these are gone, and nothing of other models";

export const brokenSideFiles: readonly BrokenStorage[] = [
  {
    fault: "tells of files beside versions that nobody has asked for",
    create: class extends ReferenceStorage {
      override list(options: ListOptions): Promise<readonly StoredModel[]> {
        return super.list({ ...options, sideFiles: ["config.pbtxt", "notes.txt"] });
      }
    },
    caughtBy: [TOLD],
  },
  {
    fault: "takes the length of a file for its fingerprint",
    create: class extends ReferenceStorage {
      override besideOf(model: string, asked: ListOptions["sideFiles"]): Pick<StoredModel, "sideFiles"> {
        const { sideFiles } = super.besideOf(model, asked);
        return sideFiles === undefined
          ? {}
          : { sideFiles: new Map([...sideFiles].map(([name, text]) => [name, String(text.length)])) };
      }
    },
    caughtBy: [FINGERPRINT],
  },
  {
    fault: "reads files beside versions of any size",
    create: class extends ReferenceStorage {
      override async readSideFile(model: string, name: string, options: StorageCallOptions) {
        const content = this.store.sideFiles.get(`${model}/${name}`);
        return content ?? super.readSideFile(model, name, options);
      }
    },
    caughtBy: ["refuses to read one that is larger than such files may be"],
  },
  {
    fault: "tells of no files beside versions where all are asked for",
    create: class extends ReferenceStorage {
      override list(options: ListOptions): Promise<readonly StoredModel[]> {
        return super.list({ ...options, sideFiles: options.sideFiles === "all" ? [] : options.sideFiles });
      }
    },
    caughtBy: ["tells of all files beside a model's versions but hidden ones, where all are asked for"],
  },
  {
    fault: "leaves what lies beside the versions of a model that is taken away",
    create: class extends ReferenceStorage {
      override async removeModel(): Promise<void> {}
    },
    caughtBy: [
      CLEARED,
      "takes nothing away of a model that has versions",
      "takes nothing away for a name that is no model's",
    ],
  },
  {
    fault: "takes away what lies beside models whose names begin alike",
    create: class extends ReferenceStorage {
      override async removeModel(model: string, options: StorageCallOptions): Promise<void> {
        await super.removeModel(model, options);
        for (const path of [...this.store.sideFiles.keys()])
          if (path.startsWith(model)) this.store.sideFiles.delete(path);
      }
    },
    caughtBy: [CLEARED],
  },
  {
    fault: "takes away what lies beside versions that are there",
    create: class extends ReferenceStorage {
      override async removeModel(model: string, options: StorageCallOptions): Promise<void> {
        checkModelName(model);
        this.store.sideFiles.delete(`${model}/config.pbtxt`);
        await super.removeModel(model, options);
      }
    },
    caughtBy: ["takes nothing away of a model that has versions"],
  },
  {
    fault: "takes away what lies at any name",
    create: class extends ReferenceStorage {
      override async removeModel(model: string, options: StorageCallOptions): Promise<void> {
        if (isModelName(model)) await super.removeModel(model, options);
      }
    },
    caughtBy: ["takes nothing away for a name that is no model's"],
  },
  {
    fault: "lays files beside versions over those that are there",
    create: class extends ReferenceStorage {
      override async addSideFile(model: string, name: string, content: Uint8Array, options: StorageCallOptions) {
        this.store.sideFiles.delete(`${model}/${name}`);
        return super.addSideFile(model, name, content, options);
      }
    },
    caughtBy: ["lays such a file, also before the model's first version, and leaves one that is there as it is"],
  },
  {
    fault: "lays whatever it is given beside versions",
    create: class extends ReferenceStorage {
      override async addSideFile(model: string, name: string, content: Uint8Array) {
        this.store.sideFiles.set(`${model}/${name}`, content);
        return true;
      }
    },
    caughtBy: ["lays no such file that is too large, or has the name of a version"],
  },
  {
    fault: "fails where a file that is asked for is not there",
    create: class extends ReferenceStorage {
      override async readSideFile(model: string, name: string, options: StorageCallOptions) {
        const content = await super.readSideFile(model, name, options);
        if (content === undefined) throw new PlinthError("INTERNAL", "no such file");
        return content;
      }
    },
    caughtBy: ["reads such a file, and nothing where there is none"],
  },
  {
    fault: "reads whatever a name leads to",
    create: class extends ReferenceStorage {
      override async readSideFile(model: string, name: string): Promise<Uint8Array | undefined> {
        return this.store.sideFiles.get(`${model}/${name}`);
      }
    },
    caughtBy: ["1/model.txt", "../records", "/etc/hostname", "", ".."].map(
      (name) => `reads no file named ${JSON.stringify(name)} in place of one beside the versions`,
    ),
  },
];
