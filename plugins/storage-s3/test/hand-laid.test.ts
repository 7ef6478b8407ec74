import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { S3Storage } from "@plinth/storage-s3";
import { afterAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { FakeS3 } from "./fake-s3/fake-s3.js";
import { storeUnderTest, TestBucket } from "./object-store-under-test.js";
import { silentLogger } from "./silent-logger.js";

const store = await storeUnderTest();

afterAll(() => store[Symbol.asyncDispose]());

const { signal } = new AbortController();

let bucket: TestBucket;
let storage: S3Storage;
let nowMs: number;

beforeEach(async () => {
  nowMs = 0;
  bucket = await TestBucket.create(store);
  storage = new S3Storage(bucket.options({ settleMs: 1_000 }), silentLogger, () => nowMs);
  onTestFinished(async () => {
    await storage[Symbol.asyncDispose]();
    await bucket[Symbol.asyncDispose]();
  });
  await storage.start({ signal });
});

describe("a version that people lay", () => {
  it("is listed and opened once nothing has changed in it for a while, from where it lies", async () => {
    await bucket.lay("m/00000007/saved_model.pb", "graph");
    await bucket.lay("m/00000007/variables/data", "weights");
    expect(await listed()).toEqual({ m: [] });
    await expect(storage.open("m", 7n, { signal })).rejects.toMatchObject({ reason: "VERSION_NOT_FOUND" });
    nowMs += 1_000;
    expect(await listed()).toEqual({ m: [7n] });
    expect(await texts(7n)).toEqual({ "saved_model.pb": "graph", "variables/data": "weights" });
  });

  it("waits longer where another file comes, or one is replaced by one of the same size", async () => {
    await bucket.lay("m/1/a", "first");
    await listed();
    nowMs += 900;
    await bucket.lay("m/1/b", "text");
    await listed();
    nowMs += 900;
    await bucket.lay("m/1/a", "again");
    expect(await listed()).toEqual({ m: [] });
    nowMs += 900;
    expect(await listed()).toEqual({ m: [] });
    nowMs += 100;
    expect(await listed()).toEqual({ m: [1n] });
  });

  it("stays listed as it was while it is changed, and has another fingerprint when that has settled", async () => {
    await bucket.lay("m/1/a", "first");
    await listed();
    nowMs += 1_000;
    const [before] = await storage.list({ signal });
    await bucket.lay("m/1/a", "other");
    expect(await storage.list({ signal })).toEqual([before]);
    await expect(storage.open("m", 1n, { signal })).rejects.toMatchObject({
      message: expect.stringContaining("being changed"),
    });
    nowMs += 1_000;
    const [after] = await storage.list({ signal });
    expect(after?.versions[0]?.fingerprint).not.toBe(before?.versions[0]?.fingerprint);
    expect(await texts(1n)).toEqual({ a: "other" });
  });

  it("cannot be published over, and can be removed", async () => {
    await bucket.lay("m/001/a", "by hand");
    const publish = () => storage.publish("m", 1n, [{ path: "a", content: [Buffer.from("published")] }], { signal });
    await expect(publish()).rejects.toMatchObject({ reason: "VERSION_EXISTS" });
    await listed();
    nowMs += 1_000;
    await storage.remove("m", 1n, { signal });
    expect(await bucket.keys("m/")).toEqual([]);
    await publish();
    expect(await texts(1n)).toEqual({ a: "published" });
  });

  it("may be a published one with something of theirs in it", async () => {
    await storage.publish("m", 1n, [{ path: "a", content: [Buffer.from("published")] }], { signal });
    await bucket.lay("m/1/notes.txt", "mine");
    expect(await listed()).toEqual({ m: [] });
    nowMs += 1_000;
    expect(await listed()).toEqual({ m: [1n] });
    expect(await texts(1n)).toEqual({ a: "published", "notes.txt": "mine" });
  });

  it("is gone when a file of a published one was deleted, and can be published again when all of them were", async () => {
    const files = ["a", "b"].map((path) => ({ path, content: [Buffer.from(path)] }));
    await storage.publish("m", 1n, files, { signal });
    await bucket.client.removeObject(store.bucket, `${bucket.prefix}/m/1/a`);
    nowMs += 10_000;
    expect(await listed()).toEqual({ m: [] });
    await bucket.client.removeObject(store.bucket, `${bucket.prefix}/m/1/b`);
    expect(await listed()).toEqual({});
    await storage.publish("m", 1n, files, { signal });
    expect(await texts(1n)).toEqual({ a: "a", b: "b" });
  });

  it("leaves alone what is no version, and tells of files beside the versions that are asked for", async () => {
    for (const key of ["m/1/a", "m/config.pbtxt", "m/readme/1/x", "m/1.bak/a", "top.txt", ".hidden/1/a"])
      await bucket.lay(key, key);
    await listed();
    nowMs += 1_000;
    const sideFiles = ["config.pbtxt", "missing"];
    const [model, ...others] = await storage.list({ signal, sideFiles });
    expect(others).toEqual([]);
    expect(model).toMatchObject({ model: "m", versions: [{ version: 1n }] });
    expect([...(model?.sideFiles?.keys() ?? [])]).toEqual(["config.pbtxt"]);
    expect(Buffer.from((await storage.readSideFile("m", "config.pbtxt", { signal })) ?? "").toString()).toBe(
      "m/config.pbtxt",
    );
    expect(await storage.readSideFile("m", "missing", { signal })).toBeUndefined();
  });

  it("is at once what long has been there when the server starts, and what has come lately is not", async () => {
    const fake = await FakeS3.start("old");
    onTestFinished(() => fake[Symbol.asyncDispose]());
    const keys = { endpoint: fake.endpoint, bucket: "old", prefix: "", accessKeyId: "x", secretAccessKey: "y" };
    const other = new S3Storage(bucket.options({ ...keys, settleMs: 1_000 }), silentLogger, () => nowMs);
    onTestFinished(() => other[Symbol.asyncDispose]());
    const lay = (key: string, ageMs: number) =>
      fake.bucket.objects.set(key, {
        content: Buffer.from(key),
        etag: key.replaceAll("/", "-"),
        modifiedAtMs: Date.now() - ageMs,
      });
    lay("old/1/a", 3_600_000);
    lay("new/1/a", 60_000);
    await other.start({ signal });
    const versions = (await other.list({ signal })).map(({ model, versions: { length } }) => [model, length]);
    expect(Object.fromEntries(versions)).toEqual({ new: 0, old: 1 });
  });
});

describe("objects with names that no file can have", () => {
  it.each(["m/1/../../escaped", "m/1//empty", "m/1/back\\slash", "m/1/./dot"])(
    "have %s refused and named",
    async (key) => {
      const fake = await FakeS3.start("hostile");
      onTestFinished(() => fake[Symbol.asyncDispose]());
      fake.bucket.objects.set(key, { content: Buffer.from("x"), etag: "e", modifiedAtMs: 0 });
      const keys = { endpoint: fake.endpoint, bucket: "hostile", prefix: "", accessKeyId: "x", secretAccessKey: "y" };
      const hostile = new S3Storage(bucket.options({ ...keys, settleMs: 0 }), silentLogger);
      onTestFinished(() => hostile[Symbol.asyncDispose]());
      await hostile.start({ signal });
      await expect(hostile.open("m", 1n, { signal })).rejects.toMatchObject({ reason: "FILES_INVALID" });
    },
  );
});

describe("a look at the bucket", () => {
  it("is one listing of all keys, reads each note once, and pages past 1000 keys without the records", async () => {
    const fake = await FakeS3.start("many");
    onTestFinished(() => fake[Symbol.asyncDispose]());
    const keys = { endpoint: fake.endpoint, bucket: "many", prefix: "", accessKeyId: "x", secretAccessKey: "y" };
    const many = new S3Storage(bucket.options({ ...keys, settleMs: 0 }), silentLogger);
    onTestFinished(() => many[Symbol.asyncDispose]());
    await many.start({ signal });
    await many.publish("published", 1n, [{ path: "a", content: [Buffer.from("a")] }], { signal });
    for (let index = 0; index < 3_000; index++) {
      const object = { content: Buffer.from("x"), etag: `e${index}`, modifiedAtMs: 0 };
      fake.bucket.objects.set(`.plinth/records/record-${String(index).padStart(4, "0")}!`, object);
      if (index < 1_500) fake.bucket.objects.set(`laid/${index}/file`, object);
    }
    const looks: string[][] = [];
    for (let look = 0; look < 2; look++) {
      fake.requests.length = 0;
      const models = await many.list({ signal });
      expect(Object.fromEntries(models.map(({ model, versions }) => [model, versions.length]))).toEqual({
        laid: 1_500,
        published: 1,
      });
      looks.push([...fake.requests]);
    }
    expect(looks[0]?.filter((request) => request.includes("/.plinth/versions/published/1"))).toHaveLength(1);
    expect(looks[1]?.every((request) => request.includes("list-type=2"))).toBe(true);
    expect(looks[1]).toHaveLength(3);
  });
});

async function listed(): Promise<Record<string, bigint[]>> {
  const models = await storage.list({ signal });
  return Object.fromEntries(models.map(({ model, versions }) => [model, versions.map(({ version }) => version)]));
}

async function texts(version: bigint): Promise<Record<string, string>> {
  const { directory, files, [Symbol.asyncDispose]: close } = await storage.open("m", version, { signal });
  const read = await Promise.all(files.map(async ({ path }) => [path, await readFile(join(directory, path), "utf8")]));
  await close();
  return Object.fromEntries(read);
}
