import { fingerprintOf, type VersionFile } from "./version-files.js";

/**
 * How much longer than `settleMs` a version must have been left alone to be taken for whole at first sight, in milliseconds. By the
 * store's clock, and only while a server starts: of an object that was sent in parts, S3 tells when it was begun, not when it came.
 */
const FIRST_SIGHT_TOLERANCE_MS = 10 * 60 * 1_000;

/** One look at a version that people have laid. */
export interface Look {
  readonly files: readonly VersionFile[];
  /** When the latest of them was written, by the store's clock. */
  readonly modifiedAtMs: number;
  /** On a clock that only runs forward. */
  readonly beganAtMs: number;
  /** On the same clock. */
  readonly endedAtMs: number;
  /** By the store's clock. */
  readonly storeNowMs: number;
  /** Whether no listing has ended yet, so that most versions have long been there, and all wait to be served. */
  readonly isFirst: boolean;
}

/** What several looks tell. */
export interface Observation {
  readonly fingerprint: string;
  /** Since when it has been seen to be like this. */
  readonly sinceMs: number;
  /** How it was when it was whole last; `undefined` where it has not been whole yet. */
  readonly complete: SettledVersion | undefined;
}

export interface SettledVersion {
  readonly fingerprint: string;
  readonly files: readonly VersionFile[];
}

/**
 * Whether a version that people lay by hand is whole, which nobody tells: it is when nothing in it has changed for `settleMs`. A
 * version that was whole stays so, as it was, while it is being changed.
 */
export function observe(previous: Observation | undefined, look: Look, settleMs: number): Observation {
  const fingerprint = fingerprintOf(look.files);
  const sinceMs = previous?.fingerprint === fingerprint ? previous.sinceMs : look.endedAtMs;
  const restedMs = look.storeNowMs - look.modifiedAtMs;
  const settled =
    settleMs === 0 ||
    look.beganAtMs - sinceMs >= settleMs ||
    (look.isFirst && restedMs >= settleMs + FIRST_SIGHT_TOLERANCE_MS);
  return { fingerprint, sinceMs, complete: settled ? { fingerprint, files: look.files } : previous?.complete };
}
