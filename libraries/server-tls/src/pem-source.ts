import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { buffer } from "node:stream/consumers";

/** Largest file that is read, in bytes: a bundle of all public authorities has a quarter of it. */
const MAX_PEM_BYTES = 1_048_576;

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "this user may not read it",
  EISDIR: "it is a folder",
};

/**
 * The text of a PEM file, or of `source` where that is such a text itself.
 *
 * @throws Error that says why it cannot be read, and neither its path nor what it holds
 */
export async function readPem(source: string, directory: string): Promise<Buffer> {
  if (isPem(source)) return Buffer.from(source);
  let bytes: Buffer;
  try {
    // One byte past the limit, so that what is too large is seen to be.
    bytes = await buffer(createReadStream(resolve(directory, source), { end: MAX_PEM_BYTES }));
  } catch (cause) {
    const { code = "" } = cause as NodeJS.ErrnoException;
    throw new Error(`cannot be read: ${REASONS[code] ?? code}`, { cause });
  }
  if (bytes.length > MAX_PEM_BYTES) throw new Error(`expected at most ${MAX_PEM_BYTES} bytes, got more`);
  return bytes;
}

/** Whether it is a text itself, and not where one lies. */
export function isPem(source: string): boolean {
  return source.includes("-----BEGIN ");
}
