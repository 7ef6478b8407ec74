import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ModelVersion } from "@plinth/core";
import { type Disk, ensureFolder } from "./disk.js";
import { unlessAbsent } from "./disk-errors.js";

/** How long whole files of a publish that broke off are kept, in milliseconds. */
const MAX_AGE_MS = 24 * 60 * 60 * 1_000;

/** Versions of which such files are kept at most; those of the oldest publish go first. */
const MAX_VERSIONS = 16;

/** What is kept of one version whose publish is under way or broke off. Never needed: whatever fails here costs only time later. */
export interface UnfinishedFiles {
  /** Puts the file with this content at `path`, if it is kept. @returns its bytes; `undefined` where it is not */
  take(sha256: string | undefined, path: string): Promise<number | undefined>;
  /** Keeps the file at `path`, which has this content, beyond the end of its publish. */
  keep(sha256: string | undefined, path: string): Promise<void>;
  /** To be deleted with the publish that needs none of it any more. */
  readonly folder: string;
}

/**
 * Keeps the whole files of publishes for the case that they break off, also by a crash: each under a second name, which is its
 * checksum, in a folder for the version. No content is copied.
 */
export class UnfinishedPublishes {
  readonly #disk: Disk;
  readonly #folder: string;

  constructor(disk: Disk, folder: string) {
    this.#disk = disk;
    this.#folder = folder;
  }

  of(model: string, version: ModelVersion): UnfinishedFiles {
    const name = createHash("sha256").update(`${model}/${version}`).digest("hex");
    return new FilesOfVersion(this.#disk, join(this.#folder, name));
  }

  /** Deletes what is old or too much. */
  async sweep(wallMs: number): Promise<void> {
    const versions: { readonly path: string; readonly changedAtMs: number }[] = [];
    for (const name of (await unlessAbsent(readdir(this.#folder))) ?? []) {
      const path = join(this.#folder, name);
      const stats = await unlessAbsent(stat(path));
      if (stats) versions.push({ path, changedAtMs: stats.ctimeMs });
    }
    versions.sort((left, right) => right.changedAtMs - left.changedAtMs);
    for (const [index, { path, changedAtMs }] of versions.entries()) {
      if (index >= MAX_VERSIONS || wallMs - changedAtMs > MAX_AGE_MS) await this.#disk.remove(path);
    }
  }
}

class FilesOfVersion implements UnfinishedFiles {
  readonly folder: string;
  readonly #disk: Disk;

  constructor(disk: Disk, folder: string) {
    this.#disk = disk;
    this.folder = folder;
  }

  /** What was kept is read once more: a crash may have cut it off, and a hand may have changed it. */
  async take(sha256: string | undefined, path: string): Promise<number | undefined> {
    if (sha256 === undefined || !/^[0-9a-f]{64}$/.test(sha256)) return undefined;
    const kept = join(this.folder, sha256);
    try {
      const bytes = await bytesIfWhole(kept, sha256);
      if (bytes === undefined) await this.#disk.remove(kept);
      else await this.#disk.link(kept, path);
      return bytes;
    } catch {
      return undefined;
    }
  }

  async keep(sha256: string | undefined, path: string): Promise<void> {
    if (sha256 === undefined) return;
    try {
      await ensureFolder(this.#disk, dirname(this.folder));
      await ensureFolder(this.#disk, this.folder);
      await this.#disk.link(path, join(this.folder, sha256));
    } catch {
      // A file system without second names, a full one, or another publish of the version that keeps or forgets it just now.
    }
  }
}

async function bytesIfWhole(path: string, sha256: string): Promise<number | undefined> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
  }
  return hash.digest("hex") === sha256 ? bytes : undefined;
}
