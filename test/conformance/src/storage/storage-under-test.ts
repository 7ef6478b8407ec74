import type { ModelStorage } from "@plinth/core";

/** A new, empty storage, made for one case of the suite. */
export interface StorageUnderTest {
  /** Not started yet: the suite does that, and disposes it. */
  readonly storage: ModelStorage;
  /**
   * Another storage over the same store, not started yet; called after the first was disposed. Left out by a storage that
   * forgets everything when it is disposed.
   */
  reopen?(): ModelStorage;
  /**
   * What the storage keeps at this moment besides complete versions and records, named so that a person finds it: uploads, copies,
   * versions removed but still open, files kept for a publish to be resumed. Must be empty when nothing is under way, but for such
   * files. Left out where it cannot be told.
   */
  leftovers?(): Promise<readonly string[]>;
  /** Whether it keeps the whole files of a publish that broke off, for the next one. */
  readonly resumes?: boolean;
  /** Whether it gives `contents` in place of a folder to those who ask for them. */
  readonly givesContents?: boolean;
  /**
   * Lays a file beside a model's versions, in place of one that is there, as people do. Left out by a storage whose models have no such
   * files.
   */
  writeSideFile?(model: string, name: string, content: Uint8Array): Promise<void>;
  /** Takes the store itself away. Called once, after disposal. */
  cleanUp?(): Promise<void>;
}

/** What a case gets. */
export interface StorageContext {
  /** Started, unless the case asks for an unstarted one. */
  readonly storage: ModelStorage;
  readonly subject: StorageUnderTest;
  /** Never aborts. */
  readonly signal: AbortSignal;
  /** Longest that a case waits for what should come soon. */
  readonly patienceMs: number;
}

export interface StorageCase {
  /** Unique in the suite. */
  readonly name: string;
  /** Capabilities without which the case is skipped. */
  readonly needs?: readonly StorageCapability[];
  /** Whether the case starts the storage itself. */
  readonly unstarted?: boolean;
  /** Throws where the storage does not do what it should. */
  run(context: StorageContext): Promise<void>;
}

/** What not every storage offers: `watch` and `place` of the contract, and what {@link StorageUnderTest} says of it. */
export type StorageCapability = "watch" | "place" | "reopen" | "resumes" | "givesContents" | "sideFiles";
