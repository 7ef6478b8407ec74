import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { StorageCase, StorageUnderTest } from "../../src/storage/storage-under-test.js";
import { modelStorageCases, runStorageCase, testModelStorage } from "../../src/storage/test-model-storage.js";
import { brokenLifetime } from "./broken-lifetime.js";
import { brokenPlacing } from "./broken-placing.js";
import { brokenPublishing } from "./broken-publishing.js";
import { brokenReading } from "./broken-reading.js";
import { brokenRecords } from "./broken-records.js";
import { brokenResuming } from "./broken-resuming.js";
import { brokenSideFiles } from "./broken-side-files.js";
import type { BrokenStorage } from "./broken-storage.js";
import { ReferenceStorage, ReferenceStore } from "./reference-storage.js";

/** Long enough for what comes soon in memory, short enough to wait for what never comes. */
const PATIENCE_MS = 200;

const BROKEN: readonly BrokenStorage[] = [
  ...brokenPublishing,
  ...brokenResuming,
  ...brokenReading,
  ...brokenPlacing,
  ...brokenSideFiles,
  ...brokenRecords,
  ...brokenLifetime,
];

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
  const caught = new Set<string>();

  it("names each case once", () => {
    const names = cases.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
  });

  it.each(BROKEN)("catches a storage that $fault", async ({ create, caughtBy }) => {
    for (const name of caughtBy) {
      const storageCase = cases.find((each) => each.name === name) ?? expect.fail(`There is no case that ${name}`);
      expect(await fails(storageCase, create), name).toBe(true);
      caught.add(name);
    }
  });

  it("has no case that none of the broken storages fails", { timeout: 120_000 }, async () => {
    for (const storageCase of cases) {
      if (caught.has(storageCase.name)) continue;
      expect(await someFails(storageCase), storageCase.name).toBe(true);
    }
  });
});

async function someFails(storageCase: StorageCase): Promise<boolean> {
  for (const { create } of BROKEN) if (await fails(storageCase, create)) return true;
  return false;
}

function fails(storageCase: StorageCase, create: BrokenStorage["create"]): Promise<boolean> {
  return settledInTime(runStorageCase(storageCase, underTest(create), PATIENCE_MS)).then(
    () => false,
    () => true,
  );
}

function underTest(create: BrokenStorage["create"]): StorageUnderTest {
  const store = new ReferenceStore();
  return {
    storage: new create(store),
    reopen: () => new create(store),
    resumes: true,
    givesContents: true,
    writeSideFile: async (model, name, content) => void store.sideFiles.set(`${model}/${name}`, content),
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
