import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { UploadStore, type UploadStoreOptions } from "../src/uploads/upload-store.js";

const CONTENT = Buffer.from("hello world");
const FILE = { path: "a/b.txt", bytes: CONTENT.length, sha256: createHash("sha256").update(CONTENT).digest("hex") };

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "plinth-upload-store-"));
});

afterEach(() => rm(directory, { recursive: true }));

function store(options: Partial<UploadStoreOptions> = {}): UploadStore {
  return new UploadStore({ directory, maxUploadBytes: 1_000, maxOpenUploads: 2, expiryMs: 60_000, ...options });
}

function bytes(...chunks: readonly string[]): Readable {
  return Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
}

function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => "it did not reject",
    (error) => error,
  );
}

describe("an upload in parts", () => {
  it("goes on where it was, also in another process", async () => {
    const { id } = await store().create({ model: "m", version: "3", files: [FILE] });
    await store().append(id, 0, 0, bytes("hel", "lo"));
    const again = store();
    expect(await again.get(id)).toMatchObject({ model: "m", version: 3n, files: [{ ...FILE, received: 5 }] });
    await expect(again.files(id)).rejects.toMatchObject({ reason: "UPLOAD_INCOMPLETE" });
    await expect(again.append(id, 0, 3, bytes("x"))).rejects.toMatchObject({
      reason: "UPLOAD_OFFSET_MISMATCH",
      details: { expectedOffset: 5 },
    });
    await again.append(id, 0, 5, bytes(" world"));
    const [file] = await again.files(id);
    expect(file).toMatchObject({ path: FILE.path, sha256: FILE.sha256 });
    expect((await buffer(file?.content as AsyncIterable<Uint8Array>)).toString()).toBe("hello world");
    await again.remove(id);
    await expect(again.get(id)).rejects.toMatchObject({ reason: "UPLOAD_NOT_FOUND" });
    expect(await readdir(directory)).toEqual([]);
  });

  it("keeps what came before the connection broke", async () => {
    const { id } = await store().create({ model: "m", files: [FILE] });
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from("hel");
      throw new Error("connection reset");
    }
    await expect(store().append(id, 0, 0, Readable.from(broken()))).rejects.toThrow("connection reset");
    const { received = 0 } = (await store().get(id)).files[0] ?? {};
    await store().append(id, 0, received, bytes("hello world".slice(received)));
    expect((await store().get(id)).files[0]?.received).toBe(FILE.bytes);
  });

  it("takes no more than was announced", async () => {
    const uploads = store();
    const { id } = await uploads.create({ model: "m", files: [FILE] });
    await expect(uploads.append(id, 0, 0, bytes("hello world!"))).rejects.toMatchObject({ reason: "FILES_INVALID" });
    await expect(uploads.append(id, 1, 0, bytes())).rejects.toMatchObject({ reason: "UPLOAD_NOT_FOUND" });
  });

  it("cuts off a sender whose connection hangs, when another one goes on", async () => {
    const uploads = store();
    const { id } = await uploads.create({ model: "m", files: [FILE] });
    const hanging = new Readable({ read() {} });
    hanging.push("hello");
    const cutOff = rejection(uploads.append(id, 0, 0, hanging));
    const goesOn = async () => uploads.append(id, 0, (await uploads.get(id)).files[0]?.received ?? 0, bytes(" world"));
    await expect.poll(async () => (await uploads.get(id)).files[0]?.received).toBe(5);
    expect((await goesOn()).files[0]?.received).toBe(11);
    expect(await cutOff).toMatchObject({ name: "AbortError" });
  });

  it.each([
    ["a path that leads out", { files: [{ ...FILE, path: "../x" }] }, "FILES_INVALID"],
    ["the same path twice", { files: [FILE, FILE] }, "FILES_INVALID"],
    ["too many bytes", { files: [{ ...FILE, bytes: 1_001 }] }, "REQUEST_TOO_LARGE"],
    ["a name that none can have", { model: "../x", files: [FILE] }, "MODEL_NAME_INVALID"],
  ])("is refused with %s", async (_name, request, reason) => {
    await expect(store().create({ model: "m", ...request })).rejects.toMatchObject({ reason });
    expect(await readdir(directory)).toEqual([]);
  });

  it("is one of a bounded number, and dropped when nothing comes any more", async () => {
    const request = { model: "m", files: [FILE] };
    await store().create(request);
    await store().create(request);
    await expect(store().create(request)).rejects.toMatchObject({ reason: "UPLOADS_EXHAUSTED" });
    await store({ expiryMs: -1 }).create(request);
    expect(await readdir(directory)).toHaveLength(1);
  });

  it.each(["..", "../../etc", "", "00000000-0000-0000-0000-000000000000"])(
    "has no other id than its own: %j",
    async (id) => {
      await expect(store().get(id)).rejects.toMatchObject({ reason: "UPLOAD_NOT_FOUND" });
    },
  );
});
