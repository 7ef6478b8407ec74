import { open } from "node:fs/promises";
import { BackgroundHash, type CheckedFile } from "@plinth/core";
import type { NewFile } from "./disk.js";
import { onDisk } from "./disk-errors.js";

/** From here on threads are quicker than the event loop, in bytes. */
const LARGE_BYTES = 1024 * 1024;

/** Bytes between two looks at whether anybody still wants the copy. */
const STEP_BYTES = 16 * 1024 * 1024;

/**
 * Copies a file that lies on this machine: one thread copies, another reads the copy again behind it for its checksum, and none of it goes
 * through the memory of JavaScript.
 *
 * @param path of `target`, for people
 * @returns whether it was done: not where the content lies elsewhere, or is small
 */
export async function copyLocalFile(target: NewFile, path: string, incoming: CheckedFile): Promise<boolean> {
  const { localFile } = incoming;
  if (localFile === undefined) return false;
  await using source = await open(localFile);
  if ((await source.stat()).size < LARGE_BYTES) return false;
  using hash = new BackgroundHash();
  let hashed: Promise<unknown> | undefined;
  for (let from = 0; ; ) {
    const bytes = await onDisk(`copy ${localFile} to ${path}`, target.copy(source.fd, STEP_BYTES));
    await hashed;
    if (bytes === 0) break;
    hashed = hash.updateFrom({ file: target.number, from, bytes });
    incoming.copied(bytes);
    from += bytes;
  }
  incoming.endCopy(await hash.digest());
  return true;
}
