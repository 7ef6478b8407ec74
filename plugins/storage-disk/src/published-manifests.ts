import { access, readdir, readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import pLimit from "p-limit";
import { z } from "zod";
import { type Disk, ensureFolder } from "./disk.js";
import { unlessAbsent } from "./disk-errors.js";
import { syncFolder, writeNewFile } from "./version-writer.js";

/** How long a manifest is kept whose version is not there, in milliseconds: a publish may be about to move it into place. */
const MAX_AGE_MS = 24 * 60 * 60 * 1_000;

/** Manifests looked at at once when they are swept: a server that starts waits for it. */
const MAX_CONCURRENT_LOOKS = 16;

/** What was published. */
export interface Manifest {
  /** Where the version's folder lies. */
  readonly folder: string;
  /** SHA-256 of each file by path, in lower-case hexadecimal. */
  readonly checksums: ReadonlyMap<string, string>;
}

const manifestText: z.ZodType<{ folder: string; checksums: [string, string][] }> = z.object({
  folder: z.string(),
  checksums: z.array(z.tuple([z.string(), z.string().regex(/^[0-9a-f]{64}$/)])),
});

/**
 * Says which contents were published, and so are whole, and their checksums: one small file for each version, named by its
 * fingerprint. It says nothing any more once anything in the version was changed by hand, for the fingerprint is another then.
 */
export class PublishedManifests {
  readonly #disk: Disk;
  readonly #root: string;
  readonly #folder: string;

  /** @param root what the folders in manifests are relative to, so that all of it can be moved together */
  constructor(disk: Disk, root: string, folder: string) {
    this.#disk = disk;
    this.#root = root;
    this.#folder = folder;
  }

  async has(fingerprint: string): Promise<boolean> {
    return (await unlessAbsent(access(this.#pathOf(fingerprint)).then(() => true))) ?? false;
  }

  /** `undefined` where there is none, or one that cannot be read: all that is lost then can be computed again. */
  async get(fingerprint: string): Promise<Manifest | undefined> {
    try {
      const { folder, checksums } = manifestText.parse(JSON.parse(await readFile(this.#pathOf(fingerprint), "utf8")));
      return { folder: resolve(this.#root, folder), checksums: new Map(checksums) };
    } catch {
      return undefined;
    }
  }

  /** Durable when the promise settles. */
  async add(fingerprint: string, { folder, checksums }: Manifest): Promise<void> {
    await ensureFolder(this.#disk, this.#folder);
    await writeNewFile(this.#disk, this.#pathOf(fingerprint), [
      Buffer.from(JSON.stringify({ folder, checksums: [...checksums] })),
    ]);
    await syncFolder(this.#disk, this.#folder);
  }

  async delete(fingerprint: string): Promise<void> {
    await this.#disk.remove(this.#pathOf(fingerprint));
  }

  /** Deletes what has outlived its version. */
  async sweep(wallMs: number): Promise<void> {
    const fingerprints = (await unlessAbsent(readdir(this.#folder))) ?? [];
    const limit = pLimit(MAX_CONCURRENT_LOOKS);
    await Promise.all(fingerprints.map((fingerprint) => limit(() => this.#sweepOne(fingerprint, wallMs))));
  }

  async #sweepOne(fingerprint: string, wallMs: number): Promise<void> {
    const stats = await unlessAbsent(stat(this.#pathOf(fingerprint)));
    if (stats === undefined || wallMs - stats.mtimeMs <= MAX_AGE_MS) return;
    const manifest = await this.get(fingerprint);
    if (manifest === undefined || !(await unlessAbsent(stat(manifest.folder)))) await this.delete(fingerprint);
  }

  #pathOf(fingerprint: string): string {
    return join(this.#folder, fingerprint);
  }
}
