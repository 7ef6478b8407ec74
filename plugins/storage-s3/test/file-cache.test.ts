import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { VersionFiles } from "@plinth/core";
import type { S3Storage } from "@plinth/storage-s3";
import { afterAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { filesToEvict } from "../src/cache-folder.js";
import { FaultProxy } from "./fault-proxy.js";
import { storeUnderTest, TestBucket } from "./object-store-under-test.js";

const store = await storeUnderTest();

afterAll(() => store[Symbol.asyncDispose]());

const { signal } = new AbortController();

let proxy: FaultProxy;
let bucket: TestBucket;

beforeEach(async () => {
  proxy = await FaultProxy.start(store.endpoint);
  bucket = await TestBucket.create(store);
  onTestFinished(async () => {
    await bucket[Symbol.asyncDispose]();
    await proxy[Symbol.asyncDispose]();
  });
});

describe("the cache of downloaded files", () => {
  it("has a server that starts again download nothing, be the files published or laid by hand", async () => {
    const first = await started();
    await publish(first, "m", 1n, "published");
    await bucket.lay("laid/1/file", "by hand");
    for (const model of ["m", "laid"]) await close(await first.open(model, 1n, { signal }));
    await first[Symbol.asyncDispose]();
    const second = await started();
    proxy.requests.length = 0;
    for (const [model, text] of [
      ["m", "published"],
      ["laid", "by hand"],
    ] as const) {
      const files = await second.open(model, 1n, { signal });
      expect(await textOf(files)).toBe(text);
      await close(files);
    }
    expect(downloads()).toEqual([]);
  });

  it("holds a content once, whichever models have it, and downloads it once also for those who ask at once", async () => {
    const storage = await started();
    for (const model of ["m", "n"]) await publish(storage, model, 1n, "shared");
    const opened = await Promise.all(["m", "n", "m"].map((model) => storage.open(model, 1n, { signal })));
    expect(downloads()).toHaveLength(1);
    expect(await readdir(join(bucket.cacheDirectory, "files"))).toHaveLength(1);
    for (const files of opened) await close(files);
  });

  it("keeps within its budget, drops what was unused longest, and never what is open", async () => {
    const storage = await started({ cacheMaxBytes: 25 });
    for (const version of [1n, 2n, 3n, 4n]) await publish(storage, "m", version, `${version} has 10 b`);
    const held = await storage.open("m", 1n, { signal });
    for (const version of [2n, 3n, 4n]) await close(await storage.open("m", version, { signal }));
    expect(await textOf(held)).toBe("1 has 10 b");
    expect(await readdir(join(bucket.cacheDirectory, "files"))).toHaveLength(2);
    proxy.requests.length = 0;
    await close(await storage.open("m", 4n, { signal }));
    expect(downloads()).toEqual([]);
    await close(held);
  });

  it("is shared by several storages, of which each may drop what another has open", async () => {
    const [mine, others] = [await started(), await started({ cacheMaxBytes: 0 })];
    await publish(mine, "m", 1n, "text");
    const held = await mine.open("m", 1n, { signal });
    await close(await others.open("m", 1n, { signal }));
    expect(await textOf(held)).toBe("text");
    await mine.remove("m", 1n, { signal });
    expect(await textOf(held)).toBe("text");
    await close(held);
  });

  it("says what is wrong where its folder cannot be made", async () => {
    const storage = bucket.storage({ cacheDirectory: `${fileURLToPath(import.meta.url)}/below` });
    onTestFinished(() => storage[Symbol.asyncDispose]());
    await expect(storage.start({ signal })).rejects.toMatchObject({ reason: "STORAGE_UNAVAILABLE" });
  });
});

it.each([
  { what: "nothing where all fit", maxBytes: 6, expected: [] },
  { what: "the one that was used longest ago", maxBytes: 5, expected: ["b"] },
  { what: "as many as it takes, but none that is open", maxBytes: 0, expected: ["b", "c"] },
])("evicts $what", ({ maxBytes, expected }) => {
  const files = [
    { sha256: "a", bytes: 1, usedAtMs: 1, isOpen: true },
    { sha256: "c", bytes: 3, usedAtMs: 3, isOpen: false },
    { sha256: "b", bytes: 2, usedAtMs: 2, isOpen: false },
  ];
  expect(filesToEvict(files, maxBytes).map(({ sha256 }) => sha256)).toEqual(expected);
});

async function started(more: { cacheMaxBytes?: number } = {}): Promise<S3Storage> {
  const storage = bucket.storage({ endpoint: proxy.endpoint, settleMs: 0, ...more });
  onTestFinished(() => storage[Symbol.asyncDispose]());
  await storage.start({ signal });
  return storage;
}

async function publish(storage: S3Storage, model: string, version: bigint, text: string): Promise<void> {
  await storage.publish(model, version, [{ path: "file", content: [Buffer.from(text)] }], { signal });
}

function downloads(): string[] {
  return proxy.requests.filter((request) => /^GET .*\/file$/.test(request));
}

async function textOf(files: VersionFiles): Promise<string> {
  return readFile(join(files.directory, "file"), "utf8");
}

function close(files: VersionFiles): PromiseLike<void> {
  return files[Symbol.asyncDispose]();
}
