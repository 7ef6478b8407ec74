import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Clock, DiskStorage } from "@plinth/storage-disk";
import { onTestFinished } from "vitest";
import { silentLogger } from "./silent-logger.js";

/** How long a version must be left alone in these tests; it passes only when {@link HandFilledRoot.pass} says so. */
export const SETTLE_MS = 2_000;

const { signal } = new AbortController();

/** A root that people fill, and a storage over it whose clock stands still. */
export class HandFilledRoot {
  readonly path: string;
  readonly storage: DiskStorage;
  #steadyMs = 0;
  #aheadMs = 0;

  private constructor(path: string) {
    this.path = path;
    this.storage = this.another();
  }

  static async create(): Promise<HandFilledRoot> {
    const root = new HandFilledRoot(await mkdtemp(join(tmpdir(), "plinth-test-")));
    onTestFinished(async () => {
      await root.storage[Symbol.asyncDispose]();
      await rm(root.path, { recursive: true, force: true });
    });
    await root.storage.start({ signal });
    return root;
  }

  /** Another storage over the same root, with a memory of its own. */
  another(): DiskStorage {
    const clock: Clock = { wallMs: () => Date.now() + this.#aheadMs, steadyMs: () => this.#steadyMs };
    return new DiskStorage({ root: this.path, settleMs: SETTLE_MS }, silentLogger, clock);
  }

  pass(ms: number): void {
    this.#steadyMs += ms;
  }

  /** Sets the server's clock ahead of the file system's. */
  setAhead(ms: number): void {
    this.#aheadMs = ms;
  }

  async write(path: string, text: string): Promise<void> {
    await mkdir(dirname(join(this.path, path)), { recursive: true });
    await writeFile(join(this.path, path), text);
  }

  /** Has everything that is there now seen and settled. */
  async settle(): Promise<void> {
    await this.storage.list({ signal });
    this.pass(SETTLE_MS);
  }

  /** Versions by model, in ascending order; what went wrong in place of them. */
  async versions(storage: DiskStorage = this.storage): Promise<Record<string, readonly bigint[] | string>> {
    const listed = await storage.list({ signal });
    return Object.fromEntries(
      listed.map(({ model, versions, error }) => [
        model,
        error?.reason ?? versions.map(({ version }) => version).sort((left, right) => (left < right ? -1 : 1)),
      ]),
    );
  }

  async fingerprint(model: string, version: bigint): Promise<string | undefined> {
    const listed = await this.storage.list({ signal });
    const versions = listed.find((stored) => stored.model === model)?.versions ?? [];
    return versions.find((stored) => stored.version === version)?.fingerprint;
  }

  /** Sorted paths of a version's files. */
  async paths(model: string, version: bigint): Promise<string[]> {
    const files = await this.storage.open(model, version, { signal });
    await files[Symbol.asyncDispose]();
    return files.files.map(({ path }) => path);
  }
}
