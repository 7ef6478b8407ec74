import type { ModelStorage, ModelVersion } from "@plinth/core";
import { expect } from "vitest";
import { expectReason } from "../traits/rejection.js";
import { readVersion, smallVersion } from "./sample-files.js";
import type { StorageContext } from "./storage-under-test.js";

/** Versions of each model that has any, in ascending order. */
export async function listedVersions({
  storage,
  signal,
}: StorageContext): Promise<Readonly<Record<string, readonly ModelVersion[]>>> {
  const listed = await storage.list({ signal });
  const withVersions = listed.filter(({ versions }) => versions.length > 0);
  return Object.fromEntries(
    withVersions.map(({ model, versions }) => [
      model,
      versions.map(({ version }) => version).sort((left, right) => (left < right ? -1 : 1)),
    ]),
  );
}

export async function fingerprintOf(
  { storage, signal }: StorageContext,
  model: string,
  version: ModelVersion,
): Promise<string | undefined> {
  const listed = await storage.list({ signal });
  const stored = listed.find((candidate) => candidate.model === model);
  return stored?.versions.find((candidate) => candidate.version === version)?.fingerprint;
}

/** Fails unless a publish of version 1 of `m` left no trace, and the same version can be published now. */
export async function expectNothingPublished(context: StorageContext): Promise<void> {
  const { storage, subject, signal } = context;
  expect(await listedVersions(context)).toEqual({});
  await expectReason(storage.open("m", 1n, { signal }), "VERSION_NOT_FOUND");
  if (subject.leftovers) expect(await subject.leftovers()).toEqual([]);
  await storage.publish("m", 1n, smallVersion("second attempt"), { signal });
  expect(await readVersion(context, "m", 1n)).toEqual({
    "model.txt": "second attempt",
    "variables/data.txt": "second attempt data",
  });
}

/** What the promise settles with; fails where that takes longer than a person would wait. */
export async function soon<T>({ patienceMs }: StorageContext, what: string, promise: PromiseLike<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const impatience = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Waited ${patienceMs} ms in vain until ${what}`)), patienceMs);
  });
  try {
    return await Promise.race([promise, impatience]);
  } finally {
    clearTimeout(timer);
  }
}

/** Every record's key and value, in the order of the listing. */
export async function recordsOf(
  storage: ModelStorage,
  prefix: string,
  signal: AbortSignal,
): Promise<[string, unknown][]> {
  const records: [string, unknown][] = [];
  for await (const { key, value } of storage.records.list(prefix, { signal })) records.push([key, value]);
  return records;
}
