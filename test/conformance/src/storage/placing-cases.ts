import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { readVersion, smallVersion } from "./sample-files.js";
import { listedVersions } from "./storage-expectations.js";
import type { StorageCase, StorageContext } from "./storage-under-test.js";

export const placingCases: readonly StorageCase[] = [
  {
    name: "keeps a placed model in its folder, says so, and forgets it with the place",
    needs: ["place"],
    run: inFolder(async (context, folder) => {
      const { storage, signal } = context;
      storage.place?.(new Map([["m", folder]]));
      await storage.publish("m", 1n, smallVersion("placed"), { signal });
      expect(await storage.list({ signal })).toMatchObject([{ model: "m", folder, versions: [{ version: 1n }] }]);
      expect(await readVersion(context, "m", 1n)).toMatchObject({ "model.txt": "placed" });
      storage.place?.(new Map());
      expect(await listedVersions(context)).toEqual({});
    }),
  },
  {
    name: "shows what lies in the folder and nothing of what it keeps under that name itself, until it is placed no more",
    needs: ["place"],
    run: inFolder(async (context, folder) => {
      const { storage, signal } = context;
      await storage.publish("m", 1n, smallVersion("own"), { signal });
      await storage.publish("other", 1n, smallVersion(), { signal });
      storage.place?.(new Map([["m", folder]]));
      expect(await listedVersions(context)).toEqual({ other: [1n] });
      storage.place?.(new Map());
      expect(await listedVersions(context)).toEqual({ m: [1n], other: [1n] });
      expect(await readVersion(context, "m", 1n)).toMatchObject({ "model.txt": "own" });
    }),
  },
  {
    name: "removes the versions of a placed model and leaves its folder",
    needs: ["place"],
    run: inFolder(async (context, folder) => {
      const { storage, signal } = context;
      storage.place?.(new Map([["m", folder]]));
      await storage.publish("m", 1n, smallVersion(), { signal });
      await storage.remove("m", 1n, { signal });
      expect(await readdir(folder)).toEqual([]);
      expect(await storage.list({ signal })).toMatchObject([{ model: "m", folder, versions: [] }]);
    }),
  },
  {
    name: "tells of a placed model whose folder is missing, lists the others, and creates nothing",
    needs: ["place"],
    run: inFolder(async (context, folder) => {
      const { storage, signal } = context;
      const missing = join(folder, "missing");
      await storage.publish("other", 1n, smallVersion(), { signal });
      storage.place?.(new Map([["m", missing]]));
      const listed = await storage.list({ signal });
      expect(listed.find(({ model }) => model === "m")?.error?.reason).toBe("STORAGE_UNAVAILABLE");
      expect(await listedVersions(context)).toEqual({ other: [1n] });
      await expect(storage.publish("m", 1n, smallVersion(), { signal })).rejects.toThrow();
      expect(await readdir(folder)).toEqual([]);
    }),
  },
];

/** Runs with an empty folder of this machine that is taken away afterwards. */
function inFolder(
  run: (context: StorageContext, folder: string) => Promise<void>,
): (context: StorageContext) => Promise<void> {
  return async (context) => {
    const folder = await mkdtemp(join(tmpdir(), "plinth-placed-"));
    try {
      await run(context, folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
}
