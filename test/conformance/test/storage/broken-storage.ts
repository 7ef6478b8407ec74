import type { ReferenceStorage, ReferenceStore } from "./reference-storage.js";

/** A way to be wrong, and the cases that must tell. */
export interface BrokenStorage {
  /** What the storage does. */
  readonly fault: string;
  readonly create: new (store?: ReferenceStore) => ReferenceStorage;
  /** Cases that fail; others may fail as well. */
  readonly caughtBy: readonly string[];
}

/** A name that is never refused, alike for names that are alike. */
export function tame(name: string): string {
  return `_${name.replace(/[^a-z]/gi, "_").slice(0, 50)}`;
}
