import { MAX_SIDE_FILE_BYTES, type ModelStorage } from "@plinth/core";
import { expect } from "vitest";
import { expectReason } from "../traits/rejection.js";
import { smallVersion } from "./sample-files.js";
import { listedVersions } from "./storage-expectations.js";
import type { StorageCase, StorageContext } from "./storage-under-test.js";

/** A name that people and other servers use. */
const NAME = "config.pbtxt";

export const sideFileCases: readonly StorageCase[] = [
  {
    name: "tells of the files beside a model's versions that were asked for, and of no others",
    needs: ["sideFiles"],
    run: async (context) => {
      const { storage, subject, signal } = context;
      await storage.publish("m", 1n, smallVersion(), { signal });
      await storage.publish("bare", 1n, smallVersion(), { signal });
      await subject.writeSideFile?.("m", NAME, bytes("name: 'm'"));
      await subject.writeSideFile?.("m", "notes.txt", bytes("by ada"));
      const listed = await storage.list({ signal, sideFiles: [NAME, "missing"] });
      const told = listed.map(({ model, sideFiles }) => [model, [...(sideFiles?.keys() ?? [])]]).sort();
      expect(told).toEqual([
        ["bare", []],
        ["m", [NAME]],
      ]);
      for (const { sideFiles } of await storage.list({ signal })) expect(sideFiles).toBeUndefined();
    },
  },
  {
    name: "gives such a file another fingerprint when its content changes, and the same one while nothing does",
    needs: ["sideFiles"],
    run: async (context) => {
      const { storage, subject, signal } = context;
      await storage.publish("m", 1n, smallVersion(), { signal });
      await subject.writeSideFile?.("m", NAME, bytes("one"));
      const first = await fingerprint(context);
      expect(await fingerprint(context)).toBe(first);
      await subject.writeSideFile?.("m", NAME, bytes("two"));
      expect(await fingerprint(context)).not.toBe(first);
    },
  },
  {
    name: "reads such a file, and nothing where there is none",
    needs: ["sideFiles"],
    run: async ({ storage, subject, signal }) => {
      await storage.publish("m", 1n, smallVersion(), { signal });
      await subject.writeSideFile?.("m", NAME, bytes("name: 'm'"));
      expect(await read(storage, NAME)).toBe("name: 'm'");
      expect(await read(storage, "missing")).toBeUndefined();
    },
  },
  {
    name: "refuses to read one that is larger than such files may be",
    needs: ["sideFiles"],
    run: async ({ storage, subject, signal }) => {
      await storage.publish("m", 1n, smallVersion(), { signal });
      await subject.writeSideFile?.("m", NAME, new Uint8Array(MAX_SIDE_FILE_BYTES + 1));
      await expectReason(read(storage, NAME), "FILES_INVALID");
    },
  },
  {
    name: "tells of all files beside a model's versions but hidden ones, where all are asked for",
    needs: ["sideFiles"],
    run: async ({ storage, subject, signal }) => {
      await storage.publish("m", 1n, smallVersion(), { signal });
      for (const name of [NAME, "labels.txt", ".hidden"]) await subject.writeSideFile?.("m", name, bytes(name));
      const [model] = await storage.list({ signal, sideFiles: "all" });
      expect([...(model?.sideFiles?.keys() ?? [])].sort()).toEqual([NAME, "labels.txt"]);
    },
  },
  {
    name: "lays such a file, also before the model's first version, and leaves one that is there as it is",
    needs: ["sideFiles"],
    run: async ({ storage, subject, signal }) => {
      expect(await storage.addSideFile?.("m", NAME, bytes("first"), { signal })).toBe(true);
      await storage.publish("m", 1n, smallVersion(), { signal });
      expect(await storage.addSideFile?.("m", NAME, bytes("second"), { signal })).toBe(false);
      expect(await read(storage, NAME)).toBe("first");
      expect((await subject.leftovers?.()) ?? []).toEqual([]);
    },
  },
  {
    name: "lays no such file that is too large, or has the name of a version",
    needs: ["sideFiles"],
    run: async ({ storage, signal }) => {
      const add = async (name: string, content: Uint8Array) => storage.addSideFile?.("m", name, content, { signal });
      await expectReason(add(NAME, new Uint8Array(MAX_SIDE_FILE_BYTES + 1)), "FILES_INVALID");
      await expectReason(add("7", bytes("text")), "FILES_INVALID");
      await expectReason(add("../other", bytes("text")), "FILES_INVALID");
      expect(await read(storage, NAME)).toBeUndefined();
    },
  },
  {
    name: "takes away what lies beside the versions of a model once these are gone, and nothing of other models",
    needs: ["sideFiles"],
    run: async (context) => {
      const { storage, subject, signal } = context;
      for (const model of ["m", "m2"]) {
        await storage.publish(model, 1n, smallVersion(), { signal });
        for (const name of [NAME, ".hidden"]) await subject.writeSideFile?.(model, name, bytes("text"));
      }
      await storage.remove("m", 1n, { signal });
      await clear(storage, "m");
      const [other, ...more] = await storage.list({ signal, sideFiles: [NAME] });
      expect([other?.model, [...(other?.sideFiles?.keys() ?? [])], more]).toEqual(["m2", [NAME], []]);
      expect(await read(storage, NAME)).toBeUndefined();
      expect(await read(storage, ".hidden")).toBeUndefined();
      for (const model of ["m", "never-there"]) await clear(storage, model);
      await storage.publish("m", 1n, smallVersion(), { signal });
      expect(await listedVersions(context)).toEqual({ m: [1n], m2: [1n] });
    },
  },
  {
    name: "takes nothing away of a model that has versions",
    needs: ["sideFiles"],
    run: async (context) => {
      const { storage, subject, signal } = context;
      await storage.publish("m", 1n, smallVersion(), { signal });
      await subject.writeSideFile?.("m", NAME, bytes("text"));
      await expectReason(clear(storage, "m"), "VERSION_EXISTS");
      expect(await listedVersions(context)).toEqual({ m: [1n] });
      expect(await read(storage, NAME)).toBe("text");
    },
  },
  {
    name: "takes nothing away for a name that is no model's",
    needs: ["sideFiles"],
    run: async ({ storage }) => {
      for (const name of ["..", ".plinth", "a/b", ""]) await expectReason(clear(storage, name), "MODEL_NAME_INVALID");
    },
  },
  ...["1/model.txt", "../records", "/etc/hostname", "", ".."].map(
    (name): StorageCase => ({
      name: `reads no file named ${JSON.stringify(name)} in place of one beside the versions`,
      needs: ["sideFiles"],
      run: async ({ storage, subject, signal }) => {
        await storage.publish("m", 1n, smallVersion(), { signal });
        await subject.writeSideFile?.("m", NAME, bytes("text"));
        await expectReason(read(storage, name), "FILES_INVALID");
      },
    }),
  ),
];

async function fingerprint({ storage, signal }: StorageContext): Promise<string | undefined> {
  const listed = await storage.list({ signal, sideFiles: [NAME] });
  return listed.find(({ model }) => model === "m")?.sideFiles?.get(NAME);
}

async function read(storage: ModelStorage, name: string): Promise<string | undefined> {
  const content = await storage.readSideFile?.("m", name, { signal: new AbortController().signal });
  return content === undefined ? undefined : new TextDecoder().decode(content);
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

async function clear(storage: ModelStorage, model: string): Promise<void> {
  await storage.removeModel?.(model, { signal: new AbortController().signal });
}
