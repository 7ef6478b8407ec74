import { type ListOptions, PlinthError, type StorageCallOptions, type StoredModel } from "@plinth/core";
import type { BrokenStorage } from "./broken-storage.js";
import { ReferenceStorage } from "./reference-storage.js";

const TOLD = "tells of the files beside a model's versions that were asked for, and of no others";
const FINGERPRINT =
  "gives such a file another fingerprint when its content changes, and the same one while nothing does";

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
      override besideOf(model: string, names: readonly string[]): Pick<StoredModel, "sideFiles"> {
        const { sideFiles } = super.besideOf(model, names);
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
