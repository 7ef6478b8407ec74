import { randomUUID } from "node:crypto";
import { readdir } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { type Disk, ensureFolder } from "./disk.js";
import { systemCode, unlessAbsent } from "./disk-errors.js";
import { takeSnapshot } from "./version-snapshot.js";

/** What another machine has not touched for so long is taken for left behind, in milliseconds. */
const ABANDONED_AFTER_MS = 24 * 60 * 60 * 1_000;

/** Tells this process from one that had its number before: in a container, every process has the same. */
const STARTED_AT_MS: number = Math.round(performance.timeOrigin);

/**
 * Where versions are while they are neither here nor there: being written, or removed and still open. The name of each entry says
 * whose it is, so that what a crash left behind can be told from what another live process is busy with.
 */
export class WorkFolder {
  readonly #disk: Disk;
  readonly #folder: string;

  constructor(disk: Disk, folder: string) {
    this.#disk = disk;
    this.#folder = folder;
  }

  /** A path of this process's own, at which there is nothing yet. */
  async claim(): Promise<string> {
    await ensureFolder(this.#disk, dirname(this.#folder));
    await ensureFolder(this.#disk, this.#folder);
    return join(this.#folder, [hostname(), process.pid, STARTED_AT_MS, randomUUID()].join("~"));
  }

  /**
   * Deletes what others have left behind. Each entry is moved away first, so that if its owner lives after all, the owner's last
   * step fails as a whole and never publishes what is half deleted.
   */
  async sweep(wallMs: number, signal: AbortSignal): Promise<number> {
    let deleted = 0;
    for (const name of (await unlessAbsent(readdir(this.#folder))) ?? []) {
      const entry = join(this.#folder, name);
      if (!(await this.#isAbandoned(name, wallMs, signal))) continue;
      const mine = await this.claim();
      await unlessAbsent(this.#disk.rename(entry, mine));
      await this.#disk.remove(mine);
      deleted++;
    }
    return deleted;
  }

  async #isAbandoned(name: string, wallMs: number, signal: AbortSignal): Promise<boolean> {
    const [host, processId, startedAtMs] = name.split("~");
    if (host === hostname() && Number(processId) === process.pid) return Number(startedAtMs) !== STARTED_AT_MS;
    if (host === hostname() && !isAlive(Number(processId))) return true;
    const snapshot = await takeSnapshot(join(this.#folder, name), signal);
    return snapshot !== undefined && wallMs - snapshot.changedAtMs > ABANDONED_AFTER_MS;
  }
}

function isAlive(processId: number): boolean {
  if (!Number.isSafeInteger(processId) || processId <= 0) return false;
  try {
    return process.kill(processId, 0);
  } catch (thrown) {
    return systemCode(thrown) === "EPERM";
  }
}
