import { access, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ensureFolder, onDisk, unlessAbsent } from "./disk-errors.js";

/** How long a mark is kept: long enough for every version to be seen as settled without it, whatever the clocks say. */
const MAX_AGE_MS = 24 * 60 * 60 * 1_000;

/**
 * Says which contents were published, and so are whole, by empty files that are named by fingerprint. A mark says nothing any
 * more once anything in the version was changed by hand, for the fingerprint is another then.
 */
export class PublishedMarks {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async has(fingerprint: string): Promise<boolean> {
    const mark = join(this.#folder, fingerprint);
    return (await unlessAbsent(access(mark).then(() => true))) ?? false;
  }

  async add(fingerprint: string): Promise<void> {
    await ensureFolder(this.#folder);
    const mark = join(this.#folder, fingerprint);
    await onDisk(`write ${mark}`, writeFile(mark, ""));
  }

  async delete(fingerprint: string): Promise<void> {
    await rm(join(this.#folder, fingerprint), { force: true });
  }

  /** Deletes marks that have outlived their use. */
  async sweep(wallMs: number): Promise<void> {
    for (const name of (await unlessAbsent(readdir(this.#folder))) ?? []) {
      const stats = await unlessAbsent(stat(join(this.#folder, name)));
      if (stats && wallMs - stats.mtimeMs > MAX_AGE_MS) await this.delete(name);
    }
  }
}
