import dns from "node:dns";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { S3Storage } from "@plinth/storage-s3";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { findCredentials, findRegion } from "../src/credentials.js";
import { recordKey, recordObject, recordObjectPrefix } from "../src/record-objects.js";
import { FakeS3, type FakeS3Options } from "./fake-s3/fake-s3.js";
import { silentLogger } from "./silent-logger.js";

const { signal } = new AbortController();

describe("a store", () => {
  it("that writes whatever the state is refused at the start, and told why", async () => {
    const { storage } = await storageOn({ conditionalWrites: false });
    const refused = storage.start({ signal });
    await expect(refused).rejects.toMatchObject({
      reason: "STORAGE_UNAVAILABLE",
      message: expect.stringContaining("ignored If-None-Match"),
    });
  });

  it.each([true, false])(
    "keeps records apart, whether it looks at the condition of a deletion: %s",
    async (conditionalDeletes) => {
      const { storage, fake } = await storageOn({ conditionalDeletes });
      await storage.start({ signal });
      const first = await storage.records.put("key", 1, undefined, { signal });
      await storage.records.delete("key", first.revision, { signal });
      expect(fake.bucket.objects.has(".plinth/records/key!")).toBe(!conditionalDeletes);
      await storage.records.put("key", 2, undefined, { signal });
      await expect(storage.records.delete("key", first.revision, { signal })).rejects.toMatchObject({
        reason: "RECORD_CONFLICT",
      });
    },
  );

  it("is left as it was by one that only reads", async () => {
    const { storage, fake } = await storageOn({});
    await storage.start({ signal, readOnly: true });
    expect(await storage.list({ signal })).toEqual([]);
    expect(fake.requests.every((request) => request.startsWith("GET "))).toBe(true);
    await expect(storage.records.put("key", 1, undefined, { signal })).rejects.toMatchObject({
      reason: "STORAGE_UNAVAILABLE",
    });
  });

  it("that cannot be reached, or has no such bucket, is told of with advice", async () => {
    const { fake, options } = await storageOn({});
    const missing = new S3Storage({ ...options, bucket: "missing" }, silentLogger);
    await expect(missing.start({ signal })).rejects.toMatchObject({
      message: expect.stringContaining("create the bucket"),
    });
    const controller = new AbortController();
    await fake[Symbol.asyncDispose]();
    const unreachable = new S3Storage(options, silentLogger).start({ signal: controller.signal });
    setImmediate(() => controller.abort());
    await expect(unreachable).rejects.toMatchObject({ name: "AbortError" });
  });
});

describe("requests to a store", () => {
  it.each([
    { addressing: "path", host: "store.test", path: "/bucket?" },
    { addressing: "virtual-host", host: "bucket.store.test", path: "/?" },
  ] as const)("name the bucket as $addressing, with the session's token and the region", async (style) => {
    const { addressing, host, path } = style;
    const heard: { readonly headers: IncomingHttpHeaders; readonly url: string }[] = [];
    const server = createServer(({ headers, url = "" }, response) => {
      heard.push({ headers, url });
      response.writeHead(403).end();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const { options } = await storageOn({});
    const looked = vi
      .spyOn(dns, "lookup")
      .mockImplementation(((_: string, __: unknown, found: (...answer: unknown[]) => void) =>
        found(null, [{ address: "127.0.0.1", family: 4 }])) as typeof dns.lookup);
    onTestFinished(() => {
      looked.mockRestore();
      server.close();
      server.closeAllConnections();
    });
    const more = { endpoint: `http://store.test:${port}`, addressing, sessionToken: "token", region: "eu-test-1" };
    await expect(new S3Storage({ ...options, ...more }, silentLogger).start({ signal })).rejects.toMatchObject({
      reason: "STORAGE_UNAVAILABLE",
    });
    expect(looked.mock.calls[0]?.[0]).toBe(host);
    expect(heard[0]?.url.startsWith(path)).toBe(true);
    expect(heard[0]?.headers).toMatchObject({
      host: `${host}:${port}`,
      "x-amz-security-token": "token",
      authorization: expect.stringContaining("/eu-test-1/s3/aws4_request"),
    });
  });

  it("are signed for the region of the options, else of the environment", () => {
    const environment = { AWS_REGION: "eu-1", AWS_DEFAULT_REGION: "us-1" };
    expect(findRegion({ region: "own" }, environment)).toBe("own");
    expect(findRegion({}, environment)).toBe("eu-1");
    expect(findRegion({}, { AWS_DEFAULT_REGION: "us-1" })).toBe("us-1");
    expect(findRegion({}, {})).toBeUndefined();
  });
});

describe("what servers have left that are gone", () => {
  const owner = { host: "another machine", process: 1, startedAtMs: 1 };

  it("is brought to its end: committed versions are published, and those being removed are gone", async () => {
    const { storage, fake } = await storageOn({});
    await storage.start({ signal });
    fake.bucket.uploads.set("upload-x", { key: "m/1/a", parts: new Map([[1, object("text")]]) });
    const file = { path: "a", bytes: 4, sha256: "982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1" };
    const files = [{ ...file, uploadId: "upload-x", parts: [object("text").etag] }];
    fake.bucket.objects.set(".plinth/versions/m/1", object(JSON.stringify({ state: "committed", id: "1", files })));
    fake.bucket.objects.set(".plinth/versions/m/2", object(JSON.stringify({ state: "removing", id: "2", owner })));
    fake.bucket.objects.set("m/2/a", object("half removed"));
    const changed = new Promise<void>((resolve) => storage.watch(resolve));
    expect((await storage.list({ signal }))[0]?.versions).toEqual([]);
    await changed;
    await expect
      .poll(async () => (await storage.list({ signal }))[0]?.versions.map(({ version }) => version))
      .toEqual([1n]);
    await expect.poll(() => fake.bucket.objects.has("m/2/a")).toBe(false);
    const opened = await storage.open("m", 1n, { signal });
    expect(opened.files).toEqual([file]);
    await opened[Symbol.asyncDispose]();
  });

  it.each([
    { what: "is another server's for as long as that renews its note", ageMs: 30_000, isTaken: false },
    { what: "is taken over by the next publish after that", ageMs: 90_000, isTaken: true },
  ])("$what", async ({ ageMs, isTaken }) => {
    const { storage, fake } = await storageOn({});
    await storage.start({ signal });
    const note = { state: "publishing", id: "1", owner, files: [], unfinished: [{ path: "a", uploadId: "upload-x" }] };
    fake.bucket.objects.set(".plinth/versions/m/1", object(JSON.stringify(note), ageMs));
    fake.bucket.uploads.set("upload-x", { key: "m/1/a", parts: new Map() });
    const published = storage.publish("m", 1n, [{ path: "b", content: [Buffer.from("b")] }], { signal });
    if (isTaken) await published;
    else await expect(published).rejects.toMatchObject({ reason: "VERSION_EXISTS" });
    expect(fake.bucket.uploads.size).toBe(isTaken ? 0 : 1);
  });

  function object(text: string, ageMs = 3_600_000) {
    const content = Buffer.from(text);
    return { content, etag: `${text.length}-of-${ageMs}`, modifiedAtMs: Date.now() - ageMs };
  }
});

describe("credentials", () => {
  const keys = { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "secret", AWS_SESSION_TOKEN: "token" };

  it("are taken from the options, then the environment, then the section of the shared file", async () => {
    const folder = await mkdtemp(join(tmpdir(), "plinth-test-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, "credentials");
    await writeFile(
      file,
      "[default]\naws_access_key_id = fid\naws_secret_access_key=fsecret\n\n[team]\naws_access_key_id=tid\naws_secret_access_key = ts\naws_session_token = tt\n",
    );
    const AWS_SHARED_CREDENTIALS_FILE = file;
    const given = { accessKeyId: "own", secretAccessKey: "own secret" };
    expect(await findCredentials(given, keys)).toEqual({ accessKey: "own", secretKey: "own secret" });
    expect(await findCredentials({}, keys)).toEqual({ accessKey: "id", secretKey: "secret", sessionToken: "token" });
    expect(await findCredentials({}, { AWS_SHARED_CREDENTIALS_FILE })).toEqual({
      accessKey: "fid",
      secretKey: "fsecret",
    });
    const team = { accessKey: "tid", secretKey: "ts", sessionToken: "tt" };
    expect(await findCredentials({ profile: "team" }, { ...keys, AWS_SHARED_CREDENTIALS_FILE })).toEqual(team);
    expect(await findCredentials({}, { AWS_PROFILE: "team", AWS_SHARED_CREDENTIALS_FILE })).toEqual(team);
    await expect(findCredentials({ profile: "none" }, { AWS_SHARED_CREDENTIALS_FILE })).rejects.toMatchObject({
      message: expect.stringContaining("no section [none]"),
    });
    await expect(findCredentials({}, { HOME: folder })).rejects.toMatchObject({ reason: "STORAGE_UNAVAILABLE" });
  });
});

describe("the objects of records", () => {
  it("are in the order of their keys, and none is a folder of another", () => {
    const long = "k".repeat(199);
    const keys = [
      "a",
      "a-b",
      "a.b",
      "a/b",
      "a0",
      "aA",
      "a~",
      long,
      `${long}k`,
      `${long}k-`,
      `${long}k/b`,
      `${long}k0`,
      "k".repeat(512),
    ];
    const inOrder = (texts: string[]) =>
      [...texts].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
    expect(inOrder(keys.map(recordObject)).map(recordKey)).toEqual(inOrder(keys));
    for (const key of keys) {
      expect(keys.some((other) => recordObject(other).startsWith(`${recordObject(key)}/`))).toBe(false);
      for (let end = 0; end <= key.length; end++)
        expect(recordObject(key).startsWith(recordObjectPrefix(key.slice(0, end)))).toBe(true);
      expect(
        recordObject(key)
          .split("/")
          .every((segment) => segment.length > 0 && segment.length <= 255),
      ).toBe(true);
    }
    expect(recordKey("by hand")).toBeUndefined();
  });
});

async function storageOn(store: FakeS3Options) {
  const fake = await FakeS3.start("bucket", store);
  const cacheDirectory = await mkdtemp(join(tmpdir(), "plinth-test-"));
  const options = {
    endpoint: fake.endpoint,
    bucket: "bucket",
    prefix: "",
    addressing: "path",
    accessKeyId: "id",
    secretAccessKey: "secret",
    settleMs: 0,
    cacheDirectory,
    cacheMaxBytes: 1_000_000,
  } as const;
  const storage = new S3Storage(options, silentLogger);
  onTestFinished(async () => {
    await storage[Symbol.asyncDispose]();
    await rm(cacheDirectory, { recursive: true });
  });
  return { fake, storage, options };
}
