import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DiskStorage } from "@plinth/storage-disk";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { silentLogger } from "./silent-logger.js";

const { signal } = new AbortController();

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "plinth-test-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
});

describe("a storage that starts", () => {
  it("creates a root that is missing, and nothing in it", async () => {
    const storage = storageAt("models");
    await storage.start({ signal });
    expect(await storage.list({ signal })).toEqual([]);
    expect(await readdir(join(folder, "models"))).toEqual([]);
  });

  it("fails with STORAGE_UNAVAILABLE where the folder above the root is missing, and creates nothing", async () => {
    const started = storageAt("missing/models").start({ signal });
    await expect(started).rejects.toMatchObject({ reason: "STORAGE_UNAVAILABLE" });
    expect(await readdir(folder)).toEqual([]);
  });

  it("fails with STORAGE_UNAVAILABLE where the root is a file, or lies below one", async () => {
    await writeFile(join(folder, "file"), "");
    for (const root of ["file", "file/models"]) {
      await expect(storageAt(root).start({ signal })).rejects.toMatchObject({ reason: "STORAGE_UNAVAILABLE" });
    }
  });
});

describe("the records", () => {
  it("leave a root alone in which nobody asks for them", async () => {
    const [first, second] = [storageAt("."), storageAt(".")];
    for (const storage of [first, second]) {
      await storage.start({ signal });
      await storage.list({ signal });
    }
    expect(await readdir(folder)).toEqual([]);
  });

  it("are held by one storage at a time, whose process is named to another, until that one is disposed", async () => {
    const [first, second] = [storageAt("."), storageAt(".")];
    await first.records.put("key", 1, undefined, { signal });
    await expect(second.records.get("key", { signal })).rejects.toMatchObject({
      reason: "STORAGE_UNAVAILABLE",
      message: expect.stringContaining(`held by process ${process.pid} on `),
    });
    await first[Symbol.asyncDispose]();
    expect(await second.records.get("key", { signal })).toMatchObject({ value: 1 });
  });

  it("say what is wrong where their folder cannot be used", async () => {
    await writeFile(join(folder, ".plinth"), "a file in their place");
    const read = storageAt(".").records.get("key", { signal });
    await expect(read).rejects.toMatchObject({ reason: "STORAGE_UNAVAILABLE" });
  });
});

function storageAt(path: string): DiskStorage {
  const storage = new DiskStorage({ root: join(folder, path), settleMs: 0 }, silentLogger);
  onTestFinished(() => storage[Symbol.asyncDispose]());
  return storage;
}
