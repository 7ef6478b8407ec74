import { createHash, randomUUID } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { errorAnswer, listingAnswer, uploadAnswer } from "./fake-answers.js";
import type { FakeS3Options } from "./fake-s3.js";

export interface Asked {
  readonly method: string;
  /** Bucket and key, decoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

export interface KeptObject {
  readonly content: Buffer;
  readonly etag: string;
  readonly modifiedAtMs: number;
}

interface Upload {
  readonly key: string;
  readonly parts: Map<number, KeptObject>;
}

export class FakeBucket {
  readonly objects = new Map<string, KeptObject>();
  readonly uploads = new Map<string, Upload>();
  /** How far the store's clock is ahead of ours. */
  clockLeadMs = 0;
  readonly #name: string;
  readonly #options: Required<FakeS3Options>;

  constructor(name: string, options: FakeS3Options) {
    this.#name = name;
    this.#options = { conditionalDeletes: false, conditionalWrites: true, ...options };
  }

  clear(prefix: string): void {
    for (const key of this.objects.keys()) if (key.startsWith(prefix)) this.objects.delete(key);
  }

  answer(asked: Asked): Answer {
    const [bucket, ...segments] = asked.path.split("/");
    if (bucket !== this.#name) return errorAnswer(404, "NoSuchBucket");
    const key = segments.join("/");
    if (key === "") return this.#aboutBucket(asked);
    const uploadId = asked.query.get("uploadId");
    if (asked.query.has("uploads") || uploadId !== null) return this.#aboutUpload(asked, key, uploadId);
    switch (asked.method) {
      case "GET":
        return this.#get(key, asked.headers);
      case "PUT":
        return this.#put(key, asked);
      case "DELETE":
        return this.#delete(key, asked.headers);
      default:
        return errorAnswer(405, "MethodNotAllowed");
    }
  }

  #aboutBucket({ method, query, body }: Asked): Answer {
    if (method === "POST" && query.has("delete")) {
      for (const [, key = ""] of body.toString("utf8").matchAll(/<Key>([^<]*)<\/Key>/g))
        this.objects.delete(fromXml(key));
      return { status: 200, body: "<DeleteResult></DeleteResult>" };
    }
    if (query.has("location")) return { status: 200, body: "<LocationConstraint></LocationConstraint>" };
    if (query.get("list-type") === "2") return listingAnswer(this.objects, query);
    return errorAnswer(400, "InvalidArgument");
  }

  #aboutUpload({ method, query, body }: Asked, key: string, uploadId: string | null): Answer {
    if (uploadId === null) {
      const id = `upload-${randomUUID()}`;
      this.uploads.set(id, { key, parts: new Map() });
      return uploadAnswer(id);
    }
    const upload = this.uploads.get(uploadId);
    if (upload?.key !== key) return errorAnswer(404, "NoSuchUpload");
    if (method === "PUT") {
      const part = kept(body);
      upload.parts.set(Number(query.get("partNumber")), part);
      return { status: 200, headers: { etag: `"${part.etag}"` } };
    }
    if (method === "GET") return { status: 200, body: "<ListPartsResult></ListPartsResult>" };
    this.uploads.delete(uploadId);
    if (method === "DELETE") return { status: 204 };
    const parts = [...upload.parts].sort(([left], [right]) => left - right).map(([, part]) => part);
    const md5 = createHash("md5")
      .update(Buffer.concat(parts.map(({ etag }) => Buffer.from(etag, "hex"))))
      .digest("hex");
    const content = Buffer.concat(parts.map((part) => part.content));
    const object = { content, etag: `${md5}-${parts.length}`, modifiedAtMs: this.#nowMs() };
    this.objects.set(key, object);
    const body_ = `<CompleteMultipartUploadResult><ETag>&quot;${object.etag}&quot;</ETag></CompleteMultipartUploadResult>`;
    return { status: 200, body: body_ };
  }

  #get(key: string, headers: IncomingHttpHeaders): Answer {
    const object = this.objects.get(key);
    if (object === undefined) return errorAnswer(404, "NoSuchKey");
    if (!matches(object, headers)) return errorAnswer(412, "PreconditionFailed");
    const about = { etag: `"${object.etag}"`, "last-modified": new Date(object.modifiedAtMs).toUTCString() };
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? "") ?? [];
    if (from === undefined) return { status: 200, headers: about, body: object.content };
    return { status: 206, headers: about, body: object.content.subarray(Number(from), Number(to) + 1) };
  }

  #put(key: string, { headers, body }: Asked): Answer {
    const existing = this.objects.get(key);
    if (this.#options.conditionalWrites) {
      if (headers["if-match"] !== undefined && existing === undefined) return errorAnswer(404, "NoSuchKey");
      if (!matches(existing, headers)) return errorAnswer(412, "PreconditionFailed");
    }
    const object = { ...kept(body), modifiedAtMs: this.#nowMs() };
    this.objects.set(key, object);
    return { status: 200, headers: { etag: `"${object.etag}"` } };
  }

  #delete(key: string, headers: IncomingHttpHeaders): Answer {
    const existing = this.objects.get(key);
    if (this.#options.conditionalDeletes && headers["if-match"] !== undefined) {
      if (existing === undefined) return errorAnswer(404, "NoSuchKey");
      if (!matches(existing, headers)) return errorAnswer(412, "PreconditionFailed");
    }
    this.objects.delete(key);
    return { status: 204 };
  }

  #nowMs(): number {
    return Date.now() + this.clockLeadMs;
  }
}

function kept(content: Buffer): KeptObject {
  return { content, etag: createHash("md5").update(content).digest("hex"), modifiedAtMs: Date.now() };
}

function matches(object: KeptObject | undefined, headers: IncomingHttpHeaders): boolean {
  if (headers["if-none-match"] === "*" && object !== undefined) return false;
  return headers["if-match"] === undefined || headers["if-match"] === `"${object?.etag}"`;
}

function fromXml(text: string): string {
  return text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&apos;", "'")
    .replaceAll("&amp;", "&");
}
