import { createHash, randomUUID } from "node:crypto";
import { link, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { cacheError, unlessAbsent } from "./cache-errors.js";
import { isAliveProcess } from "./note-owner.js";

/** What another machine's process has not touched for so long is left behind, in milliseconds; it touches it every minute. */
const ABANDONED_AFTER_MS = 15 * 60 * 1_000;

const TOUCH_MS = 60_000;

/** What is known of an object that nobody has asked for in so long is forgotten, in milliseconds. */
const UNUSED_AFTER_MS = 90 * 24 * 60 * 60 * 1_000;

/**
 * A folder of files by their SHA-256, which several processes share without locks: a file appears whole, by `rename`; whoever reads it
 * has a hard link to it, so that it may be deleted from here at any moment; and its number of links says whether anybody does.
 *
 *     files/<sha256>                  contents
 *     known/<hash of name and ETag>   SHA-256 of objects of which nobody else tells it
 *     open/<process>/<id>/…           links of one open version
 */
export class CacheFolder {
  readonly directory: string;
  readonly #files: string;
  readonly #known: string;
  readonly #own: string;
  #timer: NodeJS.Timeout | undefined;

  constructor(directory: string) {
    this.directory = directory;
    this.#files = join(directory, "files");
    this.#known = join(directory, "known");
    const started = Math.round(performance.timeOrigin);
    this.#own = join(directory, "open", [hostname(), process.pid, started, randomUUID()].join("~"));
  }

  /** Makes the folders, and deletes what processes have left behind that are gone. */
  async start(): Promise<void> {
    await inCache(`create ${this.directory}`, async () => {
      for (const folder of [this.#files, this.#known, this.#own]) await mkdir(folder, { recursive: true, mode: 0o700 });
    });
    await this.#sweepOpen();
    await this.#sweepKnown();
    this.#timer = setInterval(() => touch(this.#own).catch(() => {}), TOUCH_MS);
    this.#timer.unref();
  }

  /** A folder for the links of one open version. */
  async openFolder(): Promise<string> {
    const folder = join(this.#own, randomUUID());
    await inCache(`create ${folder}`, () => mkdir(folder, { recursive: true, mode: 0o700 }));
    return folder;
  }

  async closeFolder(folder: string): Promise<void> {
    await inCache(`delete ${folder}`, () => rm(folder, { recursive: true, force: true }));
  }

  /** Links a file that is here to a new path. @returns whether it is here, of this size */
  async linkTo(sha256: string, bytes: number, target: string): Promise<boolean> {
    const file = join(this.#files, sha256);
    return inCache(`link ${file}`, async () => {
      const stats = await unlessAbsent(stat(file));
      if (stats?.size !== bytes) return false;
      if ((await unlessAbsent(link(file, target).then(() => true))) !== true) return false;
      await unlessAbsent(touch(file));
      return true;
    });
  }

  /** A path on the same file system for a file that is coming. */
  incoming(): string {
    return join(this.#own, `${randomUUID()}.part`);
  }

  /** Takes a whole file in, and links it to a new path. */
  async add(incoming: string, sha256: string, target: string): Promise<void> {
    await inCache(`keep ${incoming}`, async () => {
      // In this order nobody can delete it in between.
      await link(incoming, target);
      await rename(incoming, join(this.#files, sha256));
    });
  }

  async discard(incoming: string): Promise<void> {
    await rm(incoming, { force: true });
  }

  /** The SHA-256 of an object that was downloaded before. @param identity names the object and its content */
  async known(identity: string): Promise<string | undefined> {
    const note = this.#note(identity);
    const text = await unlessAbsent(readFile(note, "utf8"));
    if (text !== undefined) await unlessAbsent(touch(note));
    return text !== undefined && /^[0-9a-f]{64}$/.test(text) ? text : undefined;
  }

  async remember(identity: string, sha256: string): Promise<void> {
    const coming = this.incoming();
    await inCache(`write ${coming}`, async () => {
      await writeFile(coming, sha256);
      await rename(coming, this.#note(identity));
    });
  }

  /** Every file that is here, with the moment of its last use and whether anybody has it open. */
  async contents(): Promise<readonly CachedFile[]> {
    const names = (await unlessAbsent(readdir(this.#files))) ?? [];
    const files = await Promise.all(
      names.map(async (sha256) => {
        const stats = await unlessAbsent(stat(join(this.#files, sha256)));
        return stats && { sha256, bytes: stats.size, usedAtMs: stats.mtimeMs, isOpen: stats.nlink > 1 };
      }),
    );
    return files.filter((file) => file !== undefined);
  }

  /** Deletes a file; whoever has it open keeps it. */
  async evict(sha256: string): Promise<void> {
    await inCache(`delete ${sha256}`, () => rm(join(this.#files, sha256), { force: true }));
  }

  /** Versions that are still open stay readable: their folder goes when the last of them is closed, or at a later start. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    const open = (await unlessAbsent(readdir(this.#own))) ?? [];
    if (open.length === 0) await unlessAbsent(rm(this.#own, { recursive: true }));
  }

  #note(identity: string): string {
    return join(this.#known, createHash("sha256").update(identity).digest("hex"));
  }

  async #sweepKnown(): Promise<void> {
    for (const name of (await unlessAbsent(readdir(this.#known))) ?? []) {
      const stats = await unlessAbsent(stat(join(this.#known, name)));
      if (stats && Date.now() - stats.mtimeMs > UNUSED_AFTER_MS) await rm(join(this.#known, name), { force: true });
    }
  }

  async #sweepOpen(): Promise<void> {
    const folder = dirname(this.#own);
    for (const name of (await unlessAbsent(readdir(folder))) ?? []) {
      const [host, number, started] = name.split("~");
      const stats = await unlessAbsent(stat(join(folder, name)));
      if (stats === undefined) continue;
      const isHere = host === hostname();
      const isOwn = isHere && Number(number) === process.pid && Number(started) === Math.round(performance.timeOrigin);
      const isGone = isHere && (Number(number) === process.pid || !isAliveProcess(Number(number)));
      if (!isOwn && (isGone || Date.now() - stats.mtimeMs > ABANDONED_AFTER_MS)) {
        await rm(join(folder, name), { recursive: true, force: true });
      }
    }
  }
}

export interface CachedFile {
  readonly sha256: string;
  readonly bytes: number;
  /** In milliseconds since the epoch. */
  readonly usedAtMs: number;
  readonly isOpen: boolean;
}

/** Files to delete so that no more than `maxBytes` remain, the longest unused first, and never one that is open. */
export function filesToEvict(files: readonly CachedFile[], maxBytes: number): readonly CachedFile[] {
  let excess = files.reduce((sum, { bytes }) => sum + bytes, 0) - maxBytes;
  const evicted: CachedFile[] = [];
  for (const file of files.filter(({ isOpen }) => !isOpen).sort((left, right) => left.usedAtMs - right.usedAtMs)) {
    if (excess <= 0) break;
    evicted.push(file);
    excess -= file.bytes;
  }
  return evicted;
}

async function touch(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now);
}

async function inCache<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw cacheError(doing, thrown);
  }
}
