import type { IncomingMessage } from "node:http";
import { PlinthError } from "@plinth/core";
import { unpack } from "./content-encoding.js";

/** Every element of a tensor lies well at a multiple of this, in bytes. */
const ALIGNMENT = 8;

/**
 * The whole body of a request, unpacked where it came packed. The bytes are the caller's.
 *
 * @param tensorsAt where in the body raw tensors begin: a body that came in several parts is put together so that they are aligned
 * @throws PlinthError `REQUEST_TOO_LARGE` past `maxBytes`, packed or unpacked, as soon as that is known; `REQUEST_INVALID` for
 * a damaged encoding, and an error of its own for an unknown one; `CANCELLED` where the client goes away before the end.
 */
export async function readBody(request: IncomingMessage, maxBytes: number, tensorsAt = 0): Promise<Buffer> {
  const encoding = request.headers["content-encoding"];
  const body = await readRaw(request, maxBytes, tensorsAt);
  if (encoding === undefined || encoding === "identity") return body;
  return unpack(body, encoding, maxBytes, () => tooLarge(maxBytes, "more after unpacking"));
}

function readRaw(request: IncomingMessage, maxBytes: number, tensorsAt: number): Promise<Buffer> {
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
      resolve(only !== undefined && chunks.length === 1 ? only : joined(chunks, bytes, tensorsAt));
    });
    request.once("close", () => {
      if (!request.complete)
        reject(new PlinthError("CANCELLED", "The client went away before its request was complete"));
    });
    request.once("error", reject);
  });
}

/** The chunks one after the other, at a place in memory where what stands at `tensorsAt` is aligned. */
function joined(chunks: readonly Buffer[], bytes: number, tensorsAt: number): Buffer {
  const padding = (ALIGNMENT - (tensorsAt % ALIGNMENT)) % ALIGNMENT;
  const whole = Buffer.allocUnsafeSlow(padding + bytes);
  let at = padding;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole.subarray(padding, at);
}

export function tooLarge(maxBytes: number, got: string): PlinthError {
  return new PlinthError(
    "REQUEST_TOO_LARGE",
    `Expected a body of at most ${maxBytes} bytes (server.limits.maxRequestBytes), got ${got}`,
    { details: { maxBytes } },
  );
}
