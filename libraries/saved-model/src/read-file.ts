import { open } from "node:fs/promises";
import { join } from "node:path";
import { SavedModelError } from "./saved-model-error.js";

const CHUNK_BYTES = 64 * 1024 * 1024;

/**
 * The bytes of a file of the model, in memory of their own.
 *
 * @param name inside of `directory`, with `/`
 * @throws SavedModelError `FILE_MISSING`, `TOO_LARGE`, `FILE_INVALID`; the signal's reason
 */
export async function readWholeFile(
  directory: string,
  name: string,
  maxBytes: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const file = await open(join(directory, name)).catch((error: unknown) => {
    throw new SavedModelError("FILE_MISSING", `Expected ${name} in the model's folder ${directory}`, { cause: error });
  });
  try {
    const status = await file.stat();
    if (!status.isFile()) throw new SavedModelError("FILE_INVALID", `Expected a file at ${name} in ${directory}`);
    if (status.size > maxBytes) {
      throw new SavedModelError("TOO_LARGE", `Expected at most ${maxBytes} bytes in ${name}, got ${status.size}`);
    }
    const bytes = new Uint8Array(status.size);
    for (let done = 0; done < bytes.length; ) {
      signal?.throwIfAborted();
      const { bytesRead } = await file.read(bytes, done, Math.min(CHUNK_BYTES, bytes.length - done), done);
      if (bytesRead === 0) throw new SavedModelError("FILE_INVALID", `${name} became shorter while it was read`);
      done += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}
