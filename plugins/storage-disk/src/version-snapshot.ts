import { createHash } from "node:crypto";
import type { Dirent, Stats } from "node:fs";
import { lstat, readdir, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import type { FileEntry } from "@plinth/core";
import { isAbsent, systemCode, unlessAbsent } from "./disk-errors.js";

/** Most files and folders below a version's folder. */
const MAX_ENTRIES = 20_000;

/** Most folders inside one another; also ends links that lead in circles. */
const MAX_DEPTH = 32;

/** What a version's folder looks like at one moment. */
export interface VersionSnapshot {
  /** Real path of the folder. */
  readonly directory: string;
  /** Sorted by path. */
  readonly files: readonly FileEntry[];
  /** Another one when a file comes, goes, or gets another size or time of modification. */
  readonly fingerprint: string;
  /** Another one when anything happens to the folder or below it, also what can be seen by the time of change (ctime) only. */
  readonly state: string;
  /** When that happened last, in milliseconds since the epoch, by the file system's clock: ctimes, which no program can set. */
  readonly changedAtMs: number;
  /** Why the version cannot be opened, though it may be whole. */
  readonly flaw: string | undefined;
}

/** `undefined` where there is no such folder. */
export async function takeSnapshot(folder: string, signal: AbortSignal): Promise<VersionSnapshot | undefined> {
  signal.throwIfAborted();
  const directory = await unlessAbsent(realpath(folder));
  if (directory === undefined) return undefined;
  const walk = new Walk(directory, signal);
  return (await walk.begin()) ? walk.snapshot() : undefined;
}

class Walk {
  readonly #directory: string;
  readonly #signal: AbortSignal;
  readonly #files: (FileEntry & { modifiedAtMs: number })[] = [];
  readonly #state = createHash("sha256");
  #entries = 0;
  #changedAtMs = 0;
  #flaw: string | undefined;

  constructor(directory: string, signal: AbortSignal) {
    this.#directory = directory;
    this.#signal = signal;
  }

  begin(): Promise<boolean> {
    return this.#folder(this.#directory, "", 0);
  }

  snapshot(): VersionSnapshot {
    const files = this.#files.sort((left, right) => (left.path < right.path ? -1 : 1));
    const fingerprint = createHash("sha256");
    for (const { path, bytes, modifiedAtMs } of files) fingerprint.update(`${path}\0${bytes}\0${modifiedAtMs}\0`);
    return {
      directory: this.#directory,
      files: files.map(({ path, bytes }) => ({ path, bytes })),
      fingerprint: fingerprint.digest("hex"),
      state: this.#state.digest("hex"),
      changedAtMs: this.#changedAtMs,
      flaw: this.#flaw,
    };
  }

  /** Whether there is such a folder. What goes while it is read is left out: the next look sees the difference. */
  async #folder(folder: string, path: string, depth: number): Promise<boolean> {
    this.#signal.throwIfAborted();
    const stats = await unlessAbsent(stat(folder));
    const entries = await unlessAbsent(readdir(folder, { withFileTypes: true }));
    if (stats === undefined || entries === undefined) return false;
    this.#note(path, stats);
    entries.sort((left, right) => (left.name < right.name ? -1 : 1));
    for (const entry of entries) {
      if (entry.name.startsWith("..")) continue;
      this.#entries++;
      if (this.#entries > MAX_ENTRIES) {
        this.#flaw = `it holds more than ${MAX_ENTRIES} files and folders`;
        return true;
      }
      await this.#entry(entry, join(folder, entry.name), path === "" ? entry.name : `${path}/${entry.name}`, depth);
    }
    return true;
  }

  async #entry(entry: Dirent, location: string, path: string, depth: number): Promise<void> {
    if (entry.isSymbolicLink()) return this.#link(location, path, depth);
    if (entry.isDirectory()) return this.#below(location, path, depth);
    if (!entry.isFile()) return;
    const stats = await unlessAbsent(lstat(location));
    if (stats) this.#file(path, stats);
  }

  async #link(location: string, path: string, depth: number): Promise<void> {
    const stats = await unlessAbsent(lstat(location));
    if (stats === undefined) return;
    this.#note(path, stats);
    const target = await this.#target(location, path);
    if (target === undefined) return;
    const targetStats = await unlessAbsent(stat(target));
    if (targetStats?.isDirectory()) await this.#below(target, path, depth);
    else if (targetStats?.isFile()) this.#file(path, targetStats);
  }

  async #target(location: string, path: string): Promise<string | undefined> {
    try {
      const target = await realpath(location);
      if (target === this.#directory || target.startsWith(this.#directory + sep)) return target;
      this.#flaw = `${path} is a link that leads out of the version's folder: put a copy in its place`;
    } catch (thrown) {
      if (!isAbsent(thrown) && systemCode(thrown) !== "ELOOP") throw thrown;
      this.#flaw = `${path} is a link that leads nowhere: put the file in its place`;
    }
    return undefined;
  }

  async #below(folder: string, path: string, depth: number): Promise<void> {
    if (depth < MAX_DEPTH) await this.#folder(folder, path, depth + 1);
    else this.#flaw = `${path} is more than ${MAX_DEPTH} folders deep`;
  }

  #file(path: string, stats: Stats): void {
    this.#note(path, stats);
    this.#files.push({ path, bytes: stats.size, modifiedAtMs: stats.mtimeMs });
  }

  #note(path: string, { ino, size, mtimeMs, ctimeMs }: Stats): void {
    this.#state.update(`${path}\0${ino}\0${size}\0${mtimeMs}\0${ctimeMs}\0`);
    this.#changedAtMs = Math.max(this.#changedAtMs, ctimeMs);
  }
}
