import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { extract, pack } from "tar-stream";

export interface TarEntry {
  readonly name: string;
  readonly content?: Uint8Array;
  readonly type?: "symlink" | "link" | "directory" | "character-device";
  readonly linkname?: string;
}

export async function tar(...entries: readonly TarEntry[]): Promise<Buffer> {
  const archive = pack();
  for (const { name, content = new Uint8Array(), type, linkname } of entries) {
    archive.entry(
      { name, size: content.length, ...(type && { type }), ...(linkname && { linkname }) },
      Buffer.from(content),
    );
  }
  archive.finalize();
  return buffer(archive);
}

/** Of each file of a tar, sorted. */
export async function namesAndDigests(archive: Buffer): Promise<readonly string[]> {
  const reading = extract();
  reading.end(archive);
  const found: string[] = [];
  for await (const entry of reading) {
    const hash = createHash("sha256")
      .update(await buffer(entry))
      .digest("hex");
    found.push(`${entry.header.name} ${hash}`);
  }
  return found.sort();
}
