import type { IncomingMessage } from "node:http";
import { Client, type ClientOptions } from "minio";
import pLimit from "p-limit";
import type { Credentials } from "./credentials.js";
import type { S3StorageOptions } from "./options.js";
import { withRetries } from "./retries.js";
import { StoreError } from "./store-errors.js";
import { StoreTransport, type Transport } from "./store-transport.js";

/** Where the client does not say which region to sign for, as most stores that are not Amazon's do not care. */
const ANY_REGION = "us-east-1";

const MAX_CONCURRENT_DELETES = 16;

/** One object as a listing has it. */
export interface ListedObject {
  readonly key: string;
  readonly bytes: number;
  /** Without quotes. */
  readonly etag: string;
  /** By the store's clock, in milliseconds since the epoch; of an object that came in parts, some stores tell when it began. */
  readonly modifiedAtMs: number;
}

export interface ListingPage {
  readonly objects: readonly ListedObject[];
  /** Prefixes up to the delimiter, where there was one. */
  readonly folders: readonly string[];
  /** What the next page is asked for with; `undefined` for the last one. */
  readonly next: string | undefined;
}

export interface ListingRequest {
  readonly prefix: string;
  readonly delimiter?: string;
  /** Only what comes after this key. */
  readonly startAfter?: string;
  /** Of the page before. */
  readonly continuation?: string | undefined;
  readonly maxKeys?: number;
}

export interface ReadObject {
  readonly content: Buffer;
  readonly etag: string;
  readonly modifiedAtMs: number;
}

/** State of an object that a write asks for: that it has this ETag, or, `undefined`, that there is none. */
export type ExpectedState = string | undefined;

/** A part of an upload that the store has. */
export interface UploadedPart {
  readonly part: number;
  readonly etag: string;
}

/**
 * The objects of one bucket. Reads, listings and all that may be done twice is tried again where the store was busy; conditional writes
 * are not, for who writes has to find out first whether the first attempt came through. The one class that knows the client.
 *
 * Every method @throws StoreError
 */
export class ObjectStore {
  readonly #bucket: string;
  readonly #options: ClientOptions;
  readonly #transport: StoreTransport;

  private constructor(bucket: string, options: ClientOptions, transport: StoreTransport) {
    this.#bucket = bucket;
    this.#options = options;
    this.#transport = transport;
  }

  /** Finds out the region; where the bucket is missing or the keys are wrong, that shows here or with the first request. */
  static async connect(options: S3StorageOptions, credentials: Credentials, signal: AbortSignal): Promise<ObjectStore> {
    const { protocol, hostname, port } = new URL(options.endpoint);
    const transport = new StoreTransport(protocol === "http:" ? "http:" : "https:");
    const common = {
      ...credentials,
      endPoint: hostname.replace(/^\[(.*)\]$/, "$1"),
      ...(port ? { port: Number(port) } : {}),
      useSSL: protocol === "https:",
      pathStyle: options.addressing === "path",
      transportAgent: transport.agent,
      retryOptions: { disableRetry: true },
    };
    const region =
      options.region ??
      (await withRetries(signal, () =>
        transport.exchange(signal, (own) =>
          new Client({ ...common, transport: own }).getBucketRegionAsync(options.bucket),
        ),
      ).catch((thrown: unknown) => {
        if (thrown instanceof StoreError && !thrown.isPassing && thrown.code !== "NoSuchBucket") return ANY_REGION;
        transport.close();
        throw thrown;
      }));
    return new ObjectStore(options.bucket, { ...common, region }, transport);
  }

  get bucket(): string {
    return this.#bucket;
  }

  /** Whether the store tells of changes by keeping an answer open, as only MinIO does. */
  get tellsOfChanges(): boolean {
    return /^minio/i.test(this.#transport.server);
  }

  /** Now, by the store's clock. */
  get nowMs(): number {
    return this.#transport.storeNowMs;
  }

  /** One page of up to 1000 keys, in the order of their bytes. */
  list(request: ListingRequest, signal: AbortSignal): Promise<ListingPage> {
    const { prefix, delimiter = "", startAfter = "", continuation = "", maxKeys = 1_000 } = request;
    return this.#repeatable(signal, async (client) => {
      const listed = await client.listObjectsV2Query(
        this.#bucket,
        prefix,
        continuation,
        delimiter,
        maxKeys,
        startAfter,
      );
      const objects: ListedObject[] = [];
      const folders: string[] = [];
      for (const item of listed.objects) {
        if (item.name === undefined) folders.push(item.prefix);
        else
          objects.push({
            key: item.name,
            bytes: Number(item.size),
            etag: item.etag,
            modifiedAtMs: item.lastModified.getTime(),
          });
      }
      return { objects, folders, next: listed.isTruncated ? listed.nextContinuationToken : undefined };
    });
  }

  /** Everything below a prefix, page by page. */
  async *listAll(request: ListingRequest, signal: AbortSignal): AsyncGenerator<ListedObject> {
    let continuation: string | undefined;
    do {
      const page = await this.list({ ...request, continuation }, signal);
      yield* page.objects;
      continuation = page.next;
    } while (continuation !== undefined);
  }

  /** A small object; `undefined` where there is none. */
  async read(key: string, maxBytes: number, signal: AbortSignal): Promise<ReadObject | undefined> {
    try {
      return await this.#repeatable(signal, async (client) => {
        const response = await this.#send(client, "GET", key);
        const content = await readWhole(response, maxBytes);
        const { etag = "", "last-modified": modified = "" } = response.headers;
        return { content, etag: unquoted(etag), modifiedAtMs: Date.parse(modified) };
      });
    } catch (thrown) {
      if (thrown instanceof StoreError && thrown.isMissing) return undefined;
      throw thrown;
    }
  }

  /** Reads bytes `from` up to `from + into.length` of an object that has that ETag. Not tried again. */
  readRange(key: string, etag: string, from: number, into: Buffer, signal: AbortSignal): Promise<void> {
    return this.#exchange(signal, async (client) => {
      const headers = { range: `bytes=${from}-${from + into.length - 1}`, "if-match": quoted(etag) };
      const response = await this.#send(client, "GET", key, { headers, expected: 206 });
      await readInto(response, into);
    });
  }

  /** Writes an object that is at the expected state; gives its ETag. Not tried again. */
  put(key: string, content: Buffer, expected: ExpectedState, signal: AbortSignal): Promise<string> {
    const headers = { ...condition(expected), "content-type": "application/json" };
    return this.#exchange(signal, async (client) => {
      const response = await this.#send(client, "PUT", key, { headers, content });
      await drain(response);
      return unquoted(response.headers.etag ?? "");
    });
  }

  /** Deletes an object that has that ETag, or any. Not tried again. Many stores do not look at the ETag. */
  delete(key: string, etag: string | undefined, signal: AbortSignal): Promise<void> {
    const headers = etag === undefined ? {} : condition(etag);
    return this.#exchange(signal, async (client) =>
      drain(await this.#send(client, "DELETE", key, { headers, expected: 204 })),
    );
  }

  /** Deletes objects whether they are there or not. One by one: not every name can stand in the XML that would delete several. */
  async deleteAll(keys: readonly string[], signal: AbortSignal): Promise<void> {
    const limit = pLimit(MAX_CONCURRENT_DELETES);
    await Promise.all(keys.map((key) => limit(() => withRetries(signal, () => this.delete(key, undefined, signal)))));
  }

  /** Begins an object that nobody sees until its parts are put together; gives the upload's name. */
  beginUpload(key: string, signal: AbortSignal): Promise<string> {
    return this.#repeatable(signal, (client) => client.initiateNewMultipartUpload(this.#bucket, key, {}));
  }

  /** @param part from 1 */
  uploadPart(key: string, uploadId: string, part: number, content: Buffer, signal: AbortSignal): Promise<UploadedPart> {
    return this.#repeatable(signal, async (client) => {
      const query = `partNumber=${part}&uploadId=${encodeURIComponent(uploadId)}`;
      const response = await this.#send(client, "PUT", key, { query, content });
      await drain(response);
      return { part, etag: unquoted(response.headers.etag ?? "") };
    });
  }

  /** Whether the store still has an upload that was not put together. */
  async hasUpload(key: string, uploadId: string, signal: AbortSignal): Promise<boolean> {
    try {
      const query = `max-parts=1&uploadId=${encodeURIComponent(uploadId)}`;
      await this.#repeatable(signal, async (client) => drain(await this.#send(client, "GET", key, { query })));
      return true;
    } catch (thrown) {
      if (thrown instanceof StoreError && thrown.status === 404) return false;
      throw thrown;
    }
  }

  /** Puts the parts together to an object; what was put together before stays as it is. `undefined` where there is no such upload. */
  async completeUpload(
    key: string,
    uploadId: string,
    parts: readonly UploadedPart[],
    signal: AbortSignal,
  ): Promise<void> {
    try {
      await this.#repeatable(signal, (client) =>
        client.completeMultipartUpload(this.#bucket, key, uploadId, [...parts]),
      );
    } catch (thrown) {
      if (!(thrown instanceof StoreError && thrown.status === 404)) throw thrown;
    }
  }

  /** Throws an upload away, whether it is there or not. */
  async abortUpload(key: string, uploadId: string, signal: AbortSignal): Promise<void> {
    try {
      await this.#repeatable(signal, (client) =>
        client.abortMultipartUpload(this.#bucket, key, encodeURIComponent(uploadId)),
      );
    } catch (thrown) {
      if (!(thrown instanceof StoreError && thrown.status === 404)) throw thrown;
    }
  }

  /** An answer that goes on, with a line for each change below a prefix; for stores that {@link tellsOfChanges}. */
  changes(prefix: string, stalledAfterMs: number, signal: AbortSignal): Promise<IncomingMessage> {
    const events = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"].map((event) => `events=${encodeURIComponent(event)}`);
    const query = [...events, "ping=10", `prefix=${encodeURIComponent(prefix)}`, "suffix="].join("&");
    const request = { method: "GET", bucketName: this.#bucket, query };
    return this.#exchange(signal, (client) => client.makeRequestAsync(request), stalledAfterMs);
  }

  close(): void {
    this.#transport.close();
  }

  #repeatable<T>(signal: AbortSignal, work: (client: Client) => Promise<T>): Promise<T> {
    return withRetries(signal, () => this.#exchange(signal, work));
  }

  #exchange<T>(signal: AbortSignal, work: (client: Client) => Promise<T>, stalledAfterMs?: number): Promise<T> {
    const withClient = (transport: Transport) => work(new Client({ ...this.#options, transport }));
    return this.#transport.exchange(signal, withClient, stalledAfterMs);
  }

  #send(
    client: Client,
    method: string,
    key: string,
    request: {
      readonly headers?: Record<string, string>;
      readonly query?: string;
      readonly content?: Buffer;
      readonly expected?: number;
    } = {},
  ): Promise<IncomingMessage> {
    const { headers = {}, query, content = "", expected = 200 } = request;
    const options = { method, bucketName: this.#bucket, objectName: key, headers, ...(query ? { query } : {}) };
    return client.makeRequestAsync(options, content, [expected]);
  }
}

function condition(expected: ExpectedState): Record<string, string> {
  return expected === undefined ? { "if-none-match": "*" } : { "if-match": quoted(expected) };
}

function quoted(etag: string): string {
  return `"${etag}"`;
}

function unquoted(etag: string): string {
  return etag.replace(/^(?:W\/)?"(.*)"$/, "$1");
}

async function drain(response: IncomingMessage): Promise<void> {
  for await (const _ of response);
}

async function readWhole(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new StoreError("TooLarge", 400, `expected at most ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}

/** Reads exactly as many bytes as there is room for. */
async function readInto(response: IncomingMessage, into: Buffer): Promise<void> {
  let at = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    if (at + chunk.length > into.length)
      throw new StoreError("BrokenAnswer", 0, `expected ${into.length} bytes, got more`);
    at += chunk.copy(into, at);
  }
  if (at < into.length) throw new StoreError("BrokenAnswer", 0, `expected ${into.length} bytes, got ${at}`);
}
