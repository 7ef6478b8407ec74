import { createHash, type Hash } from "node:crypto";
import { Readable } from "node:stream";
import type { ReadableStream as NodeReadableStream } from "node:stream/web";
import { createGunzip } from "node:zlib";
import { type IncomingFile, PlinthError } from "@plinth/core";
import { mediaTypeOf, unsupportedMediaType } from "../http/read-request.js";

/** What a version may be uploaded as. */
export const UPLOAD_MEDIA_TYPES: readonly string[] = ["application/x-tar", "application/gzip", "multipart/form-data"];

/** RFC 9530's field with a SHA-256 in it. */
const DIGEST = /(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):\s*(?:,|$)/;

/**
 * The files of an uploaded version: a tar (also packed with gzip) or a form. Streamed; checked against `Content-Digest` or
 * `Repr-Digest` where the client sent one, before the last file counts as read.
 *
 * @throws PlinthError `FILES_INVALID`; `REQUEST_TOO_LARGE` past `maxBytes`, packed or unpacked; `MEDIA_TYPE_UNSUPPORTED`
 */
export async function* incomingVersion(request: Request, maxBytes: number): AsyncGenerator<IncomingFile> {
  const { headers, body } = request;
  if (body === null) throw new PlinthError("FILES_INVALID", "Expected the files of a version as the body, got none");
  const hash = createHash("sha256");
  const expected = expectedDigest(headers);
  const source = Readable.fromWeb(body as NodeReadableStream<Uint8Array>);
  const received = hashed(limited(source, maxBytes), hash);
  try {
    yield* unpacked(received, headers, maxBytes);
    for await (const _rest of received);
    checkDigest(expected, hash);
  } finally {
    source.destroy();
  }
}

/** What unpacks is imported when there is something to unpack: a server that starts needs none of it. */
async function* unpacked(
  bytes: AsyncIterable<Uint8Array>,
  headers: Headers,
  maxBytes: number,
): AsyncGenerator<IncomingFile> {
  const contentType = headers.get("content-type");
  const mediaType = mediaTypeOf(contentType);
  if (mediaType === "multipart/form-data") {
    const { incomingMultipart } = await import("./incoming-multipart.js");
    return yield* incomingMultipart(bytes, contentType ?? "");
  }
  const encoding = headers.get("content-encoding") ?? "identity";
  const isPacked = mediaType === "application/gzip" || encoding === "gzip";
  if (!isPacked && encoding !== "identity") throw unsupportedMediaType(["gzip as Content-Encoding or none"], encoding);
  const { incomingTar } = await import("./incoming-tar.js");
  yield* incomingTar(isPacked ? limited(gunzipped(bytes), maxBytes) : bytes);
}

async function* gunzipped(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = Readable.from(bytes);
  const gunzip = createGunzip();
  source.once("error", (error) => gunzip.destroy(error));
  try {
    yield* source.pipe(gunzip);
  } catch (cause) {
    if (PlinthError.from(cause).reason !== "INTERNAL") throw cause;
    throw new PlinthError("FILES_INVALID", `The body is no whole gzip: ${(cause as Error).message}; send it again`, {
      cause,
    });
  } finally {
    source.destroy();
    gunzip.destroy();
  }
}

async function* limited(bytes: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let count = 0;
  for await (const chunk of bytes) {
    count += chunk.length;
    if (count > maxBytes) {
      throw new PlinthError(
        "REQUEST_TOO_LARGE",
        `Expected at most ${maxBytes} bytes (management.maxUploadBytes), packed and unpacked alike, got more`,
        { details: { maxBytes } },
      );
    }
    yield chunk;
  }
}

async function* hashed(bytes: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    hash.update(chunk);
    yield chunk;
  }
}

function expectedDigest(headers: Headers): string | undefined {
  const field = headers.get("content-digest") ?? headers.get("repr-digest");
  if (field === null) return undefined;
  const [, digest] = DIGEST.exec(field) ?? [];
  if (digest !== undefined) return digest;
  throw new PlinthError(
    "REQUEST_INVALID",
    `Expected sha-256=:<base64>: in Content-Digest (RFC 9530), got ${field.slice(0, 128)}`,
  );
}

function checkDigest(expected: string | undefined, hash: Hash): void {
  const actual = hash.digest("base64");
  if (expected === undefined || expected === actual) return;
  throw new PlinthError(
    "FILES_INVALID",
    `Expected a body of the SHA-256 ${expected} (base64), got ${actual}: send it again`,
    {
      details: { expected, actual },
    },
  );
}
