import { setMaxListeners } from "node:events";
import { describe, it } from "vitest";
import { allOrNothingCases } from "./all-or-nothing-cases.js";
import { concurrencyCases } from "./concurrency-cases.js";
import { lifetimeCases } from "./lifetime-cases.js";
import { listingCases } from "./listing-cases.js";
import { namingCases } from "./naming-cases.js";
import { openingCases } from "./opening-cases.js";
import { placingCases } from "./placing-cases.js";
import { publishingCases } from "./publishing-cases.js";
import { recordCases } from "./record-cases.js";
import { resumingCases } from "./resuming-cases.js";
import { sideFileCases } from "./side-file-cases.js";
import type { StorageCapability, StorageCase, StorageUnderTest } from "./storage-under-test.js";
import { watchingCases } from "./watching-cases.js";

/** Every case of the suite by what it is about. */
export const modelStorageCases: ReadonlyMap<string, readonly StorageCase[]> = new Map([
  ["listing", listingCases],
  ["publishing", publishingCases],
  ["all or nothing", allOrNothingCases],
  ["resuming", resumingCases],
  ["opening and removing", openingCases],
  ["watching", watchingCases],
  ["placing", placingCases],
  ["files beside versions", sideFileCases],
  ["concurrency", concurrencyCases],
  ["records", recordCases],
  ["names", namingCases],
  ["lifetime", lifetimeCases],
]);

/** Longest that a case waits for what should come soon. */
const PATIENCE_MS = 5_000;

export interface StorageSuiteOptions {
  /** Whether cases may run at the same time: for storages of which each is far away, so that most of a case is waiting. */
  readonly isConcurrent?: boolean;
}

/**
 * Registers with vitest what every {@link ModelStorage} must do. `create` is called once for each case; a case is skipped only
 * where the storage does not offer what the case needs.
 */
export function testModelStorage(
  name: string,
  create: () => Promise<StorageUnderTest> | StorageUnderTest,
  { isConcurrent = false }: StorageSuiteOptions = {},
): void {
  const test = isConcurrent ? it.concurrent : it;
  describe(`${name} as a model storage`, () => {
    for (const [title, cases] of modelStorageCases) {
      describe(title, () => {
        for (const storageCase of cases) {
          test(storageCase.name, async ({ skip }) => {
            const missing = await runStorageCase(storageCase, await create(), PATIENCE_MS);
            if (missing !== undefined) skip(`the storage does not offer ${missing}`);
          });
        }
      });
    }
  });
}

/** Runs one case without vitest; the answer is the capability for want of which it was not run. */
export async function runStorageCase(
  storageCase: StorageCase,
  subject: StorageUnderTest,
  patienceMs: number,
): Promise<StorageCapability | undefined> {
  const { storage } = subject;
  try {
    const missing = storageCase.needs?.find((capability) => !offers(subject, capability));
    if (missing !== undefined) return missing;
    const { signal } = new AbortController();
    // Many calls at once share it.
    setMaxListeners(0, signal);
    if (!storageCase.unstarted) await storage.start({ signal });
    await storageCase.run({ storage, subject, signal, patienceMs });
    return undefined;
  } finally {
    await storage[Symbol.asyncDispose]();
    await subject.cleanUp?.();
  }
}

function offers(subject: StorageUnderTest, capability: StorageCapability): boolean {
  switch (capability) {
    case "reopen":
      return subject.reopen !== undefined;
    case "sideFiles":
      return subject.writeSideFile !== undefined;
    case "resumes":
    case "givesContents":
      return subject[capability] === true;
    default:
      return subject.storage[capability] !== undefined;
  }
}
