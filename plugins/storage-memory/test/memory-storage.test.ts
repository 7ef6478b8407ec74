import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { IncomingFile } from "@plinth/core";
import { MemoryStorage } from "@plinth/storage-memory";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

const { signal } = new AbortController();

let temporary: string;

beforeEach(async () => {
  temporary = await mkdtemp(join(tmpdir(), "plinth-test-"));
  vi.stubEnv("TMPDIR", temporary);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(temporary, { recursive: true, force: true });
});

describe("the limit of the memory storage", () => {
  it("takes a version that just fits and refuses one byte more with STORAGE_FULL", async () => {
    const storage = new MemoryStorage({ maxBytes: 100 });
    await storage.publish("m", 1n, [fileOf(60), fileOf(40, "b")], { signal });
    const refused = storage.publish("m", 2n, [fileOf(1)], { signal });
    await expect(refused).rejects.toMatchObject({ reason: "STORAGE_FULL" });
  });

  it("stops reading a source that is too large, whatever it would have sent", async () => {
    const storage = new MemoryStorage({ maxBytes: 100 });
    async function* endless() {
      for (;;) yield Buffer.alloc(30);
    }
    const refused = storage.publish("m", 1n, [{ path: "a", content: endless() }], { signal });
    await expect(refused).rejects.toMatchObject({ reason: "STORAGE_FULL" });
    await storage.publish("m", 1n, [fileOf(100)], { signal });
  });

  it("has the room again after a version was removed, a publish failed, or came too late", async () => {
    const storage = new MemoryStorage({ maxBytes: 100 });
    await storage.publish("m", 1n, [fileOf(100)], { signal });
    await storage.remove("m", 1n, { signal });
    const wrong = storage.publish("m", 1n, [{ ...fileOf(100), sha256: "0" }], { signal });
    await expect(wrong).rejects.toMatchObject({ reason: "FILES_INVALID" });
    const both = [1, 2].map(() => storage.publish("m", 1n, [fileOf(50)], { signal }));
    expect((await Promise.allSettled(both)).map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    await storage.publish("m", 2n, [fileOf(50)], { signal });
  });

  it("goes on counting a removed version while somebody reads its bytes", async () => {
    const storage = new MemoryStorage({ maxBytes: 100 });
    await storage.publish("m", 1n, [fileOf(60)], { signal });
    const readers = await Promise.all([1, 2].map(() => storage.open("m", 1n, { signal, contents: true })));
    await storage.remove("m", 1n, { signal });
    await readers[0]?.[Symbol.asyncDispose]();
    await readers[0]?.[Symbol.asyncDispose]();
    const tooMuch = storage.publish("m", 2n, [fileOf(60)], { signal });
    await expect(tooMuch).rejects.toMatchObject({ reason: "STORAGE_FULL" });
    await readers[1]?.[Symbol.asyncDispose]();
    await storage.publish("m", 2n, [fileOf(60)], { signal });
  });

  it("counts records as well, and forgets what was replaced or deleted", async () => {
    const { records } = new MemoryStorage({ maxBytes: 100 });
    const first = await records.put("key", "x".repeat(90), undefined, { signal });
    await expect(records.put("other", "too long", undefined, { signal })).rejects.toMatchObject({
      reason: "STORAGE_FULL",
    });
    const second = await records.put("key", "y".repeat(95), first.revision, { signal });
    await records.delete("key", second.revision, { signal });
    await records.put("other", "z".repeat(93), undefined, { signal });
  });
});

describe("a version that is open", () => {
  it("lies in one folder for all handles, which only this user can read", async () => {
    const storage = new MemoryStorage({ maxBytes: 100 });
    await storage.publish("m", 1n, [fileOf(10)], { signal });
    const [first, second] = await Promise.all([1, 2].map(() => storage.open("m", 1n, { signal })));
    expect(second?.directory).toBe(first?.directory);
    expect((await stat(first?.directory ?? "")).mode & 0o777).toBe(0o700);
    await first?.[Symbol.asyncDispose]();
    expect(await readdir(temporary)).toHaveLength(1);
    await second?.[Symbol.asyncDispose]();
    expect(await readdir(temporary)).toEqual([]);
  });

  it("is read by a worker thread where it lies, in shared memory", async () => {
    const storage = new MemoryStorage({ maxBytes: 100 });
    await storage.publish("m", 1n, [fileOf(10)], { signal });
    const files = await storage.open("m", 1n, { signal, contents: true });
    expect(files.contents?.get("a")?.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(await readdir(temporary)).toEqual([]);
    await files[Symbol.asyncDispose]();
  });

  it("leaves nothing behind where the caller gives up while it is being written", async () => {
    const storage = new MemoryStorage({ maxBytes: 100 });
    await storage.publish("m", 1n, [fileOf(10)], { signal });
    const controller = new AbortController();
    const opening = storage.open("m", 1n, { signal: controller.signal });
    controller.abort();
    await expect(opening).rejects.toMatchObject({ name: "AbortError" });
    expect(await readdir(temporary)).toEqual([]);
  });

  it("cannot be written where the temporary folder is missing, which is told with STORAGE_UNAVAILABLE", async () => {
    const storage = new MemoryStorage({ maxBytes: 100 });
    await storage.publish("m", 1n, [fileOf(10)], { signal });
    await rm(temporary, { recursive: true });
    await expect(storage.open("m", 1n, { signal })).rejects.toMatchObject({ reason: "STORAGE_UNAVAILABLE" });
  });
});

function fileOf(bytes: number, path = "a"): IncomingFile {
  return { path, content: [Buffer.alloc(bytes)] };
}
