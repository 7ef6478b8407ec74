import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { S3Storage } from "@plinth/storage-s3";
import { afterAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { storeUnderTest, TestBucket } from "./object-store-under-test.js";

const store = await storeUnderTest();

afterAll(() => store[Symbol.asyncDispose]());

const { signal } = new AbortController();

let bucket: TestBucket;

beforeEach(async () => {
  bucket = await TestBucket.create(store);
  onTestFinished(() => bucket[Symbol.asyncDispose]());
});

describe("several storages over one bucket", () => {
  it("let exactly one of them win that publish the same version at once, and open what that one has sent", async () => {
    const storages = await Promise.all([started(), started(), started(), started()]);
    const outcomes = await Promise.allSettled(
      storages.map((storage, index) =>
        storage.publish("m", 1n, [{ path: "a", content: [Buffer.from(`from ${index}`)] }], { signal }),
      ),
    );
    const winners = outcomes.flatMap(({ status }, index) => (status === "fulfilled" ? [index] : []));
    expect(winners).toHaveLength(1);
    for (const storage of storages) {
      expect((await storage.list({ signal })).map(({ versions }) => versions.length)).toEqual([1]);
      const files = await storage.open("m", 1n, { signal });
      expect(await readFile(join(files.directory, "a"), "utf8")).toBe(`from ${winners[0]}`);
      await files[Symbol.asyncDispose]();
    }
  });

  it("lose no update of a record", async () => {
    const storages = await Promise.all([started(), started(), started()]);
    await storages[0]?.records.put("counter", 0, undefined, { signal });
    await Promise.all(storages.flatMap((storage) => Array.from({ length: 3 }, () => increment(storage))));
    expect((await storages[0]?.records.get("counter", { signal }))?.value).toBe(9);
  });

  it.skipIf(!store.isReal)("hear of what others publish, remove, lay and write, where the store tells", async () => {
    const [mine, other] = [await started(), await started()];
    const changes: (() => Promise<unknown>)[] = [
      () => other.publish("m", 1n, [{ path: "a", content: [Buffer.from("a")] }], { signal }),
      () => other.records.put("key", 1, undefined, { signal }),
      () => bucket.lay("m/2/a", "by hand"),
      () => other.remove("m", 1n, { signal }),
    ];
    for (const change of changes) {
      const told = new Promise<void>((resolve) => {
        const subscription = mine.watch(() => {
          subscription[Symbol.dispose]();
          resolve();
        });
      });
      await change();
      await told;
    }
  });
});

async function started(): Promise<S3Storage> {
  const storage = bucket.storage();
  onTestFinished(() => storage[Symbol.asyncDispose]());
  await storage.start({ signal });
  return storage;
}

async function increment(storage: S3Storage): Promise<void> {
  for (;;) {
    const record = await storage.records.get("counter", { signal });
    const next = Number(record?.value) + 1;
    const outcome = await storage.records.put("counter", next, record?.revision, { signal }).catch((thrown) => thrown);
    if (outcome.reason !== "RECORD_CONFLICT") return;
  }
}
