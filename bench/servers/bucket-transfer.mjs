// One transfer to or from the bucket, as `put <file> <folder>`; tells how long it took and how much memory at its largest.
import { createReadStream } from "node:fs";
import { mkdir, open, rm, stat } from "node:fs/promises";
import { S3Storage } from "@plinth/storage-s3";
import { Client } from "minio";
import { peakMemoryMb } from "../measure/process-tree.mjs";

const BUCKET = "plinth-bench";
const KEY = "floor/version.bin";
const PART_BYTES = 8 * 1024 ** 2;
const PARTS_AT_ONCE = 8;

const [kind, source, folder] = process.argv.slice(2);
const { S3_ENDPOINT, AWS_ACCESS_KEY_ID: accessKey, AWS_SECRET_ACCESS_KEY: secretKey } = process.env;
const { hostname, port, protocol } = new URL(S3_ENDPOINT);
const { signal } = new AbortController();

const transfers = { put, get, publish, open: materialize };
await rm(folder, { recursive: true, force: true });
await mkdir(folder);
const seconds = await transfers[kind]();
await rm(folder, { recursive: true, force: true });
const peakRssMb = peakMemoryMb();
process.stdout.write(JSON.stringify({ seconds, peakRssMb }));

async function put() {
  const client = newClient();
  if (!(await client.bucketExists(BUCKET))) await client.makeBucket(BUCKET);
  const file = await open(source);
  const { size } = await file.stat();
  const done = timer();
  const uploadId = await client.initiateNewMultipartUpload(BUCKET, KEY, {});
  const parts = [];
  await inParts(size, async (part, at, buffer) => {
    await file.read(buffer, 0, buffer.length, at);
    parts[part] = await client.uploadPart(
      { bucketName: BUCKET, objectName: KEY, uploadID: uploadId, partNumber: part + 1, headers: {} },
      buffer,
    );
  });
  await client.completeMultipartUpload(BUCKET, KEY, uploadId, parts);
  const seconds = done();
  await file.close();
  return seconds;
}

async function get() {
  const client = newClient();
  const { size } = await stat(source);
  const file = await open(`${folder}/version.bin`, "w");
  const done = timer();
  await inParts(size, async (_part, at, buffer) => {
    let received = 0;
    for await (const chunk of await client.getPartialObject(BUCKET, KEY, at, buffer.length)) {
      received += chunk.copy(buffer, received);
    }
    await file.write(buffer, 0, received, at);
  });
  await file.sync();
  const seconds = done();
  await file.close();
  return seconds;
}

async function publish() {
  const storage = await newStorage();
  const listed = await storage.list({ signal });
  for (const { model, versions } of listed)
    for (const { version } of versions) await storage.remove(model, version, { signal });
  const done = timer();
  await storage.publish(
    "m",
    1n,
    [{ path: "version.bin", content: createReadStream(source, { highWaterMark: 1 << 20 }) }],
    {
      signal,
    },
  );
  const seconds = done();
  await storage[Symbol.asyncDispose]();
  return seconds;
}

async function materialize() {
  const storage = await newStorage();
  const done = timer();
  const files = await storage.open("m", 1n, { signal });
  const seconds = done();
  await files[Symbol.asyncDispose]();
  await storage[Symbol.asyncDispose]();
  return seconds;
}

/** So many parts at once, each in a buffer that is used over and over. */
async function inParts(size, work) {
  let next = 0;
  const one = async () => {
    const buffer = Buffer.allocUnsafeSlow(PART_BYTES);
    for (let at = next; at < size; at = next) {
      next += PART_BYTES;
      await work(at / PART_BYTES, at, buffer.subarray(0, Math.min(PART_BYTES, size - at)));
    }
  };
  await Promise.all(Array.from({ length: PARTS_AT_ONCE }, one));
}

function newClient() {
  return new Client({
    endPoint: hostname,
    port: Number(port),
    useSSL: protocol === "https:",
    accessKey,
    secretKey,
    region: "us-east-1",
  });
}

async function newStorage() {
  const logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, child: () => logger };
  const options = {
    bucket: BUCKET,
    endpoint: S3_ENDPOINT,
    prefix: "storage",
    region: "us-east-1",
    addressing: "path",
    settleMs: 0,
    cacheDirectory: `${folder}/cache`,
    cacheMaxBytes: 10e9,
  };
  const storage = new S3Storage(options, logger);
  await storage.start({ signal });
  return storage;
}

function timer() {
  const beganAtMs = performance.now();
  return () => (performance.now() - beganAtMs) / 1_000;
}
