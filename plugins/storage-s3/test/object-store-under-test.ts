import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { S3Storage, type S3StorageOptions } from "@plinth/storage-s3";
import { Client } from "minio";
import { FakeS3 } from "./fake-s3/fake-s3.js";
import { silentLogger } from "./silent-logger.js";

/** A store that tests may write to. */
export interface StoreUnderTest extends AsyncDisposable {
  readonly endpoint: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Whether it is a real server, rather than the one in this process that knows what our client asks for. */
  readonly isReal: boolean;
  /** Removes all that is below a prefix. */
  clear(prefix: string): Promise<void>;
}

const BUCKET = "plinth-tests";

/**
 * The server at S3_ENDPOINT, with the keys in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, where that is given, as the check `storage-s3 on a
 * real MinIO` does; else one in this process, which is quick and needs nothing, and is told of.
 */
export async function storeUnderTest(): Promise<StoreUnderTest> {
  const { S3_ENDPOINT: endpoint, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = process.env;
  if (!endpoint) {
    warnOfFake();
    const fake = await FakeS3.start(BUCKET);
    return {
      endpoint: fake.endpoint,
      bucket: BUCKET,
      accessKeyId: "fake",
      secretAccessKey: "fake-secret",
      isReal: false,
      clear: async (prefix) => fake.bucket.clear(prefix),
      [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose](),
    };
  }
  const keys = { accessKeyId: AWS_ACCESS_KEY_ID ?? "", secretAccessKey: AWS_SECRET_ACCESS_KEY ?? "" };
  const client = clientOf({ endpoint, ...keys });
  if (!(await client.bucketExists(BUCKET))) await client.makeBucket(BUCKET).catch(unlessThereAlready);
  return {
    endpoint,
    bucket: BUCKET,
    ...keys,
    isReal: true,
    clear: (prefix) => clear(client, prefix),
    [Symbol.asyncDispose]: async () => {},
  };
}

async function clear(client: Client, prefix: string): Promise<void> {
  const names: string[] = [];
  for await (const { name } of client.listObjectsV2(BUCKET, prefix, true)) names.push(name);
  await Promise.all(names.map((name) => client.removeObject(BUCKET, name)));
}

let isWarned = false;

/** Once for each process of the tests. */
function warnOfFake(): void {
  if (isWarned) return;
  isWarned = true;
  process.stderr.write(
    "\nNOTICE: storage-s3 is tested on a stand-in of these tests, which is not a real S3 server: `npm run test:minio` tests it on a real " +
      "MinIO, and so does `npm test` where S3_ENDPOINT or MINIO_SERVER names one, or `minio` is on the PATH\n\n",
  );
}

/** A client of its own, for tests to look into the bucket and to lay objects. */
export function clientOf({
  endpoint,
  accessKeyId,
  secretAccessKey,
}: Pick<StoreUnderTest, "endpoint" | "accessKeyId" | "secretAccessKey">): Client {
  const { hostname, port, protocol } = new URL(endpoint);
  return new Client({
    endPoint: hostname,
    port: Number(port),
    useSSL: protocol === "https:",
    accessKey: accessKeyId,
    secretKey: secretAccessKey,
    region: "us-east-1",
  });
}

/** One folder of the bucket that is a test's own, and a cache beside it. */
export class TestBucket implements AsyncDisposable {
  readonly store: StoreUnderTest;
  readonly prefix: string;
  readonly cacheDirectory: string;
  readonly client: Client;

  private constructor(store: StoreUnderTest, cacheDirectory: string) {
    this.store = store;
    this.prefix = `tests/${randomUUID()}`;
    this.cacheDirectory = cacheDirectory;
    this.client = clientOf(store);
  }

  static async create(store: StoreUnderTest): Promise<TestBucket> {
    return new TestBucket(store, await mkdtemp(join(tmpdir(), "plinth-test-")));
  }

  /** Options of a storage over it. */
  options(more: Partial<S3StorageOptions> = {}): S3StorageOptions {
    const { endpoint, bucket, accessKeyId, secretAccessKey } = this.store;
    return {
      endpoint,
      bucket,
      accessKeyId,
      secretAccessKey,
      prefix: this.prefix,
      region: "us-east-1",
      addressing: "path",
      settleMs: 30_000,
      cacheDirectory: this.cacheDirectory,
      cacheMaxBytes: 1024 ** 3,
      ...more,
    };
  }

  storage(more: Partial<S3StorageOptions> = {}): S3Storage {
    return new S3Storage(this.options(more), silentLogger);
  }

  /** Lays an object as people do. @param key below the prefix */
  async lay(key: string, content: string | Uint8Array): Promise<void> {
    await this.client.putObject(this.store.bucket, `${this.prefix}/${key}`, Buffer.from(content));
  }

  /** Keys below the prefix, by what they begin with, in their order; without objects that stand for deleted ones. */
  async keys(prefix = ""): Promise<string[]> {
    const keys: string[] = [];
    for await (const { name, size } of this.client.listObjectsV2(this.store.bucket, `${this.prefix}/${prefix}`, true)) {
      if (size > 0 || !name.includes("/.plinth/")) keys.push(name.slice(this.prefix.length + 1));
    }
    return keys;
  }

  /** What is there besides whole versions and records. */
  async leftovers(): Promise<string[]> {
    const notes = await this.keys(".plinth/");
    const states = await Promise.all(
      notes.map(async (key) => {
        if (!key.startsWith(".plinth/versions/")) return key;
        const { state } = JSON.parse(await this.read(key)) as { state: string };
        return state === "published" ? "" : `${key} (${state})`;
      }),
    );
    return states.filter((state) => state !== "" && !state.startsWith(".plinth/records/"));
  }

  async read(key: string): Promise<string> {
    const chunks: Buffer[] = [];
    for await (const chunk of await this.client.getObject(this.store.bucket, `${this.prefix}/${key}`))
      chunks.push(chunk);
    return Buffer.concat(chunks).toString("utf8");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.clear(`${this.prefix}/`);
    await rm(this.cacheDirectory, { recursive: true, force: true });
  }
}

function unlessThereAlready(thrown: unknown): void {
  if ((thrown as { code?: unknown }).code !== "BucketAlreadyOwnedByYou") throw thrown;
}
