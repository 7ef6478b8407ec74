import { promisify } from "node:util";
import { constants, deflate, gunzip, gzip, inflate, inflateRaw } from "node:zlib";
import { PlinthError } from "@plinth/core";
import Negotiator from "negotiator";

const [gzipAsync, deflateAsync] = [promisify(gzip), promisify(deflate)];
const [gunzipAsync, inflateAsync, inflateRawAsync] = [promisify(gunzip), promisify(inflate), promisify(inflateRaw)];

/** What bodies may be packed with, both ways. */
export const ENCODINGS = "gzip, deflate";

/** The reason of the error for any other encoding. */
export const UNKNOWN_ENCODING = "ENCODING_UNKNOWN";

/** Smaller answers fit into one packet as they are, in bytes. */
const MIN_PACKED_BYTES = 1_024;

/** Answers are sent once and thrown away: time counts for more than size. */
const SPEED = { level: constants.Z_BEST_SPEED };

/**
 * Unpacks a body that came with a `Content-Encoding`.
 *
 * @param tooLarge the error where it is larger than `maxBytes`
 * @throws PlinthError {@link UNKNOWN_ENCODING} for another encoding than gzip and deflate; `REQUEST_INVALID` for damaged ones
 */
export async function unpack(
  body: Buffer,
  encoding: string,
  maxBytes: number,
  tooLarge: () => PlinthError,
): Promise<Buffer> {
  const name = encoding.toLowerCase();
  const options = { maxOutputLength: maxBytes };
  try {
    if (name.includes("gzip")) return await gunzipAsync(body, options);
    if (name === "deflate") return await (isZlib(body) ? inflateAsync(body, options) : inflateRawAsync(body, options));
  } catch (cause) {
    if (cause instanceof RangeError) throw tooLarge();
    throw new PlinthError(
      "REQUEST_INVALID",
      `The body is not valid ${name.includes("gzip") ? "gzip" : name}, though Content-Encoding says so: ${String(cause)}`,
      { cause },
    );
  }
  throw new PlinthError(
    { code: "UNIMPLEMENTED", reason: UNKNOWN_ENCODING },
    `Expected Content-Encoding gzip, deflate or none, got ${JSON.stringify(encoding.slice(0, 64))}`,
  );
}

/** A body that is packed, in one piece, and with what. */
export interface PackedBody {
  readonly encoding: "gzip" | "deflate";
  readonly body: Buffer;
}

/** The body packed as the client would like it best; `undefined` where it goes as it is. Off the event loop. */
export async function pack(
  chunks: readonly Uint8Array[],
  accepted: string | undefined,
): Promise<PackedBody | undefined> {
  if (accepted === undefined) return undefined;
  const bytes = chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
  if (bytes < MIN_PACKED_BYTES) return undefined;
  const encoding = preferred(accepted);
  if (encoding === undefined) return undefined;
  const whole = Buffer.concat(chunks, bytes);
  return { encoding, body: await (encoding === "gzip" ? gzipAsync(whole, SPEED) : deflateAsync(whole, SPEED)) };
}

function preferred(accepted: string): PackedBody["encoding"] | undefined {
  const [first] = new Negotiator({ headers: { "accept-encoding": accepted } }).encodings([
    "gzip",
    "deflate",
    "identity",
  ]);
  return first === "gzip" || first === "deflate" ? first : undefined;
}

/** Some clients send what is inside of zlib's format under the name of it (RFC 9110, section 8.4.1.2). */
function isZlib(body: Buffer): boolean {
  const [method = 0, flags = 0] = body;
  return (method & 0x0f) === 8 && (method * 256 + flags) % 31 === 0;
}
