import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { StorageUnderTest } from "../../src/storage/storage-under-test.js";
import { modelStorageCases, runStorageCase, testModelStorage } from "../../src/storage/test-model-storage.js";
import { brokenLifetime } from "./broken-lifetime.js";
import { brokenPlacing } from "./broken-placing.js";
import { brokenPublishing } from "./broken-publishing.js";
import { brokenReading } from "./broken-reading.js";
import { brokenRecords } from "./broken-records.js";
import { brokenResuming } from "./broken-resuming.js";
import type { BrokenStorage } from "./broken-storage.js";
import { ReferenceStorage, ReferenceStore } from "./reference-storage.js";

/** Long enough for what comes soon in memory, short enough to wait for what never comes. */
const PATIENCE_MS = 200;

/** Many of them wait for files, and some in vain. */
const CASES_AT_ONCE = 8;

/** Cases that fail leave files open. */
let temporary: string;

beforeAll(async () => {
  temporary = await mkdtemp(join(tmpdir(), "plinth-test-"));
  vi.stubEnv("TMPDIR", temporary);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(temporary, { recursive: true, maxRetries: 3 });
});

testModelStorage("the reference", () => underTest(ReferenceStorage));

describe("the suite for storages", () => {
  const cases = [...modelStorageCases.values()].flat();
  const failedAtLeastOnce = new Set<string>();

  it("names each case once", () => {
    const names = cases.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
  });

  it.each([
    ...brokenPublishing,
    ...brokenResuming,
    ...brokenReading,
    ...brokenPlacing,
    ...brokenRecords,
    ...brokenLifetime,
  ])("catches a storage that $fault", async ({ create, caughtBy }) => {
    const failed = new Set<string>();
    const waiting = [...cases];
    const runOneAfterOther = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const { name } = next;
        const outcome = runStorageCase(next, underTest(create), PATIENCE_MS);
        await settledInTime(outcome).catch(() => failed.add(name));
      }
    };
    await Promise.all(Array.from({ length: CASES_AT_ONCE }, runOneAfterOther));
    for (const name of failed) failedAtLeastOnce.add(name);
    expect([...failed]).toEqual(expect.arrayContaining([...caughtBy]));
  });

  it("has no case that none of the broken storages fails", () => {
    expect(cases.map(({ name }) => name).filter((name) => !failedAtLeastOnce.has(name))).toEqual([]);
  });
});

function underTest(create: BrokenStorage["create"]): StorageUnderTest {
  const store = new ReferenceStore();
  return {
    storage: new create(store),
    reopen: () => new create(store),
    resumes: true,
    givesContents: true,
    leftovers: async () => [
      ...store.leftovers,
      ...[...store.unfinished].filter(([, kept]) => kept.size > 0).map(([name]) => name),
    ],
  };
}

/** A broken storage may also hang in disposal, where the suite leaves it to vitest to lose patience. */
async function settledInTime(outcome: Promise<unknown>): Promise<unknown> {
  const { promise, stop } = timeout(5 * PATIENCE_MS);
  return Promise.race([outcome, promise]).finally(stop);
}

function timeout(afterMs: number): { promise: Promise<never>; stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  const promise = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("hangs")), afterMs);
  });
  return { promise, stop: () => clearTimeout(timer) };
}
