import type { IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { PlinthError } from "@plinth/core";

const gunzipAsync = promisify(gunzip);

/**
 * The whole body of a request, unpacked where it came with gzip. The bytes are the caller's.
 *
 * @throws PlinthError `REQUEST_TOO_LARGE` past `maxBytes`, packed or unpacked, as soon as that is known; `REQUEST_INVALID` for an
 * encoding other than gzip or damaged gzip; `CANCELLED` where the client goes away before the end.
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const encoding = request.headers["content-encoding"];
  const body = await readRaw(request, maxBytes);
  return encoding === undefined || encoding === "identity" ? body : unpack(body, encoding, maxBytes);
}

function readRaw(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const announced = Number(request.headers["content-length"]);
  if (announced > maxBytes) return Promise.reject(tooLarge(maxBytes, `${announced} bytes`));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBytes) chunks.push(chunk);
      else {
        chunks.length = 0;
        reject(tooLarge(maxBytes, "more"));
      }
    });
    request.once("end", () => {
      const [only] = chunks;
      resolve(only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks, bytes));
    });
    request.once("close", () => {
      if (!request.complete)
        reject(new PlinthError("CANCELLED", "The client went away before its request was complete"));
    });
    request.once("error", reject);
  });
}

async function unpack(body: Buffer, encoding: string, maxBytes: number): Promise<Buffer> {
  if (!encoding.toLowerCase().includes("gzip")) {
    throw new PlinthError(
      "REQUEST_INVALID",
      `Expected Content-Encoding gzip or none, got ${JSON.stringify(encoding.slice(0, 64))}`,
    );
  }
  try {
    return await gunzipAsync(body, { maxOutputLength: maxBytes });
  } catch (cause) {
    if (cause instanceof RangeError) throw tooLarge(maxBytes, "more after unpacking");
    throw new PlinthError(
      "REQUEST_INVALID",
      `The body is not valid gzip, though Content-Encoding says so: ${String(cause)}`,
      {
        cause,
      },
    );
  }
}

export function tooLarge(maxBytes: number, got: string): PlinthError {
  return new PlinthError(
    "REQUEST_TOO_LARGE",
    `Expected a body of at most ${maxBytes} bytes (server.limits.maxRequestBytes), got ${got}`,
    { details: { maxBytes } },
  );
}
