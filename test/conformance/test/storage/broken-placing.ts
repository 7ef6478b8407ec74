import { mkdir, rm } from "node:fs/promises";
import type { ModelVersion, StorageCallOptions, StoredModel } from "@plinth/core";
import type { BrokenStorage } from "./broken-storage.js";
import { type Files, ReferenceStorage } from "./reference-storage.js";

export const brokenPlacing: readonly BrokenStorage[] = [
  {
    fault: "does not care where models are placed",
    create: class extends ReferenceStorage {
      override place(): void {}
    },
    caughtBy: [
      "keeps a placed model in its folder, says so, and forgets it with the place",
      "shows what lies in the folder and nothing of what it keeps under that name itself, until it is placed no more",
    ],
  },
  {
    fault: "removes the folder of a placed model with its last version",
    create: class extends ReferenceStorage {
      override async remove(model: string, version: ModelVersion, options: StorageCallOptions): Promise<void> {
        await super.remove(model, version, options);
        const folder = this.placed.get(model);
        if (folder !== undefined) await rm(folder, { recursive: true });
      }
    },
    caughtBy: ["removes the versions of a placed model and leaves its folder"],
  },
  {
    fault: "rejects the whole list where one folder is missing",
    create: class extends ReferenceStorage {
      override listPlaced(model: string, folder: string): StoredModel {
        const listed = super.listPlaced(model, folder);
        if (listed.error !== undefined) throw listed.error;
        return listed;
      }
    },
    caughtBy: ["tells of a placed model whose folder is missing, lists the others, and creates nothing"],
  },
  {
    fault: "creates the folder of a placed model where it is missing",
    create: class extends ReferenceStorage {
      override async publish(model: string, version: ModelVersion, files: Files, options: StorageCallOptions) {
        const folder = this.placed.get(model);
        if (folder !== undefined) await mkdir(folder, { recursive: true });
        return super.publish(model, version, files, options);
      }
    },
    caughtBy: ["tells of a placed model whose folder is missing, lists the others, and creates nothing"],
  },
];
