import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { S3Storage } from "@plinth/storage-s3";
import { afterAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { type Fault, FaultProxy } from "./fault-proxy.js";
import { storeUnderTest, TestBucket } from "./object-store-under-test.js";

const store = await storeUnderTest();

afterAll(() => store[Symbol.asyncDispose]());

const { signal } = new AbortController();

/** Three parts. */
const CONTENT = randomBytes(20 * 1024 ** 2);

let proxy: FaultProxy;
let bucket: TestBucket;
let storage: S3Storage;

beforeEach(async () => {
  proxy = await FaultProxy.start(store.endpoint);
  bucket = await TestBucket.create(store);
  storage = bucket.storage({ endpoint: proxy.endpoint });
  onTestFinished(async () => {
    await storage[Symbol.asyncDispose]();
    await bucket[Symbol.asyncDispose]();
    await proxy[Symbol.asyncDispose]();
  });
  await storage.start({ signal });
});

const ALL_FAULTS: readonly Fault[] = [
  { kind: "busy" },
  { kind: "delay", ms: 50 },
  { kind: "damage request" },
  { kind: "reset request" },
  { kind: "lose answer" },
  { kind: "cut answer" },
];

/** All of them only on a real server: the fake one is there for quick answers, and pauses between tries take their time. */
const FAULTS = store.isReal ? ALL_FAULTS : ALL_FAULTS.filter(({ kind }) => kind === "lose answer");

describe("a version that is published", () => {
  it.each([
    ...FAULTS.map((fault) => ({ what: "parts", pattern: /^PUT .*partNumber=/, fault, times: 3 })),
    ...FAULTS.filter(({ kind }) => kind !== "damage request").flatMap((fault) => [
      { what: "the beginning of the upload", pattern: /^POST .*uploads/, fault, times: 1 },
      { what: "putting parts together", pattern: /^POST .*uploadId=/, fault, times: 1 },
    ]),
    ...FAULTS.map((fault) => ({ what: "the note's writing", pattern: /^PUT .*\.plinth\/versions/, fault, times: 2 })),
    ...FAULTS.map((fault) => ({ what: "listings", pattern: /^GET .*list-type/, fault, times: 2 })),
  ])("comes through $fault.kind of $what", async ({ pattern, fault, times }) => {
    proxy.inject(pattern, fault, times);
    await storage.publish("m", 1n, [{ path: "large.bin", content: [CONTENT] }], { signal });
    proxy.faultFor = () => undefined;
    expect(CONTENT.equals(await contentOf(storage))).toBe(true);
    expect((await storage.list({ signal })).map(({ versions }) => versions.length)).toEqual([1]);
    expect(await bucket.leftovers()).toEqual([]);
  });

  it.runIf(store.isReal)(
    "fails with STORAGE_UNAVAILABLE where the store stays busy, keeps nothing, and can be published later",
    async () => {
      proxy.inject(/^PUT .*partNumber=/, { kind: "busy" }, Number.POSITIVE_INFINITY);
      const publish = () => storage.publish("m", 1n, [{ path: "a", content: [Buffer.from("text")] }], { signal });
      await expect(publish()).rejects.toMatchObject({ reason: "STORAGE_UNAVAILABLE", details: { code: "SlowDown" } });
      expect(await bucket.leftovers()).toEqual([]);
      proxy.faultFor = () => undefined;
      await publish();
    },
  );
});

describe("a version that is opened", () => {
  beforeEach(async () => {
    await storage.publish("m", 1n, [{ path: "large.bin", content: [CONTENT] }], { signal });
  });

  it.each<Fault>([...FAULTS.filter(({ kind }) => kind !== "damage request"), { kind: "damage answer" }])(
    "comes whole in spite of $kind of its parts",
    async (fault) => {
      proxy.inject(/^GET .*large\.bin/, fault, 2);
      expect(CONTENT.equals(await contentOf(storage))).toBe(true);
    },
  );

  it("is refused with FILE_DAMAGED where it comes damaged each time, and never served", async () => {
    proxy.inject(/^GET .*large\.bin/, { kind: "damage answer" }, Number.POSITIVE_INFINITY);
    await expect(storage.open("m", 1n, { signal })).rejects.toMatchObject({
      code: "DATA_LOSS",
      reason: "FILE_DAMAGED",
    });
    proxy.faultFor = () => undefined;
    expect(CONTENT.equals(await contentOf(storage))).toBe(true);
  });
});

describe("a record that is written", () => {
  it.each(FAULTS)("is written once in spite of $kind", async (fault) => {
    proxy.inject(/^PUT .*\.plinth\/records/, fault, 2);
    const first = await storage.records.put("counter", 1, undefined, { signal });
    const second = await storage.records.put("counter", 2, first.revision, { signal });
    expect(await storage.records.get("counter", { signal })).toEqual(second);
    await storage.records.delete("counter", second.revision, { signal });
    expect(await storage.records.get("counter", { signal })).toBeUndefined();
  });
});

async function contentOf(opener: S3Storage): Promise<Buffer> {
  const files = await opener.open("m", 1n, { signal });
  try {
    return await readFile(join(files.directory, "large.bin"));
  } finally {
    await files[Symbol.asyncDispose]();
  }
}
