import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { errorAnswer } from "./fake-answers.js";
import { FakeBucket } from "./fake-bucket.js";

/** What a test may have the store do. */
export interface FakeS3Options {
  /** Whether DELETE looks at If-Match, as Amazon's does and MinIO's does not. */
  readonly conditionalDeletes?: boolean;
  /** Whether PUT looks at conditions, as every store should. */
  readonly conditionalWrites?: boolean;
}

/**
 * A server that keeps one bucket in memory and answers what our client asks for as S3 does. It believes every signature. What it knows was
 * held against MinIO: the same tests run on both.
 */
export class FakeS3 implements AsyncDisposable {
  /** Requests so far, as `GET /bucket?list-type=2`. */
  readonly requests: string[] = [];
  readonly bucket: FakeBucket;
  readonly #server: Server;

  private constructor(bucket: FakeBucket) {
    this.bucket = bucket;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  static async start(bucket: string, options: FakeS3Options = {}): Promise<FakeS3> {
    const fake = new FakeS3(new FakeBucket(bucket, options));
    fake.#server.listen(0, "127.0.0.1");
    await once(fake.#server, "listening");
    return fake;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    this.requests.push(`${request.method} ${request.url}`);
    const url = new URL(request.url ?? "/", "http://fake");
    const content = Buffer.concat(chunks);
    const answer = isAsSigned(request, content)
      ? this.bucket.answer({
          method: request.method ?? "GET",
          path: decodeURIComponent(url.pathname.slice(1)),
          query: url.searchParams,
          headers: request.headers,
          body: content,
        })
      : errorAnswer(400, "XAmzContentSHA256Mismatch");
    const { status, headers = {}, body = "" } = answer;
    response.writeHead(status, { "content-length": Buffer.byteLength(body), ...headers });
    response.end(body);
  }
}

function isAsSigned(request: IncomingMessage, content: Buffer): boolean {
  const signed = request.headers["x-amz-content-sha256"];
  return signed === undefined || signed === createHash("sha256").update(content).digest("hex");
}
