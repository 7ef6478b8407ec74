import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DiskStorage } from "@plinth/storage-disk";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLogger } from "./silent-logger.js";

const { signal } = new AbortController();

/** Somebody without rights, to whom root changes for these tests. */
const NOBODY = 65_534;

let root: string;
const opened: DiskStorage[] = [];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "plinth-test-"));
  await mkdir(join(root, "m/1"), { recursive: true });
  await writeFile(join(root, "m/1/model.txt"), "by hand");
});

afterEach(async () => {
  for (const storage of opened.splice(0)) await storage[Symbol.asyncDispose]();
  if (process.getuid?.() === 0) process.seteuid?.(0);
  for (const folder of [root, join(root, ".plinth"), join(root, ".plinth/records")]) {
    await chmod(folder, 0o755).catch(() => {});
  }
  await rm(root, { recursive: true });
});

describe.skipIf(process.platform === "win32")("a root that cannot be written to", () => {
  it("is served from, and has no records", async () => {
    const storage = await readOnly();
    expect(await storage.list({ signal })).toMatchObject([{ model: "m", versions: [{ version: 1n }] }]);
    const files = await storage.open("m", 1n, { signal });
    expect(files.files).toMatchObject([{ path: "model.txt" }]);
    await files[Symbol.asyncDispose]();
    expect(await storage.records.get("key", { signal })).toBeUndefined();
    expect(await keysOf(storage)).toEqual([]);
  });

  it("refuses to keep a record, and says what can be done", async () => {
    const storage = await readOnly();
    const refused = {
      reason: "STORAGE_UNAVAILABLE",
      message: expect.stringMatching(/Nothing can be written to .*models are served, but.*Make it writable, or/),
    };
    await expect(storage.records.put("key", 1, undefined, { signal })).rejects.toMatchObject(refused);
    await expect(storage.records.delete("key", "1", { signal })).rejects.toMatchObject(refused);
    await expect(storage.publish("m", 2n, [{ path: "a", content: [] }], { signal })).rejects.toMatchObject({
      reason: "STORAGE_UNAVAILABLE",
    });
    await expect(storage.remove("m", 1n, { signal })).rejects.toMatchObject({ reason: "STORAGE_UNAVAILABLE" });
  });

  it("has the records that were written before, so that labels stay what they were", async () => {
    const before = storageAt(root);
    await before.records.put("key", "kept", undefined, { signal });
    await before[Symbol.asyncDispose]();
    const others = await copies();
    const storage = await readOnly();
    expect(await storage.records.get("key", { signal })).toMatchObject({ key: "key", value: "kept" });
    expect(await keysOf(storage)).toEqual(["key"]);
    const refused = storage.records.put("other", 1, undefined, { signal });
    await expect(refused).rejects.toMatchObject({ reason: "STORAGE_UNAVAILABLE" });
    const [own = expect.fail("no copy"), ...more] = (await copies()).filter((name) => !others.includes(name));
    expect(more).toEqual([]);
    await storage[Symbol.asyncDispose]();
    expect(await copies()).not.toContain(own);
  });
});

describe("a storage that is started to read only", () => {
  it("lists and opens beside the process that owns the root, and leaves everything as it is", async () => {
    const owner = storageAt(root);
    await owner.start({ signal });
    await owner.records.put("key", 1, undefined, { signal });
    await owner.publish("m", 2n, [{ path: "a", content: [Buffer.from("published")] }], { signal });
    const before = await readdir(join(root, ".plinth"));
    const reader = storageAt(root);
    await reader.start({ signal, readOnly: true });
    expect(await reader.list({ signal })).toMatchObject([{ model: "m", versions: [{ version: 1n }, { version: 2n }] }]);
    const files = await reader.open("m", 2n, { signal });
    expect(files.files).toMatchObject([{ path: "a", sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
    await files[Symbol.asyncDispose]();
    expect(await readdir(join(root, ".plinth"))).toEqual(before);
  });

  it("fails where there is no root, and creates none", async () => {
    const reader = storageAt(join(root, "missing"));
    const started = reader.start({ signal, readOnly: true });
    await expect(started).rejects.toMatchObject({ reason: "STORAGE_UNAVAILABLE" });
    expect(await readdir(root)).toEqual(["m"]);
  });
});

/** A storage over the root once nothing in it can be written to any more. */
async function readOnly(): Promise<DiskStorage> {
  for (const folder of [".plinth/records", ".plinth", "."]) await chmod(join(root, folder), 0o555).catch(() => {});
  if (process.getuid?.() === 0) process.seteuid?.(NOBODY);
  const storage = storageAt(root);
  await storage.start({ signal });
  return storage;
}

function storageAt(path: string): DiskStorage {
  const storage = new DiskStorage({ root: path, settleMs: 0 }, silentLogger);
  opened.push(storage);
  return storage;
}

async function keysOf(storage: DiskStorage): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key } of storage.records.list("", { signal })) keys.push(key);
  return keys;
}

/** Copies of records that cannot be written where they are. */
async function copies(): Promise<readonly string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith("plinth-records-"));
}
