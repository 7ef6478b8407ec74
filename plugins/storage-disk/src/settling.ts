import type { VersionSnapshot } from "./version-snapshot.js";

/**
 * How far a file server's clock may be behind ours without a version being taken for older than it is. Before the first listing
 * has ended, most versions have been there for long and all wait to be served; what comes later is most likely being copied.
 */
export const CLOCK_TOLERANCE_MS: Readonly<Record<"firstListing" | "later", number>> = {
  firstListing: 5_000,
  later: 60_000,
};

export interface Clock {
  /** Milliseconds since the epoch; may be set forth and back. */
  wallMs(): number;
  /** Milliseconds since some moment; only ever runs forward. */
  steadyMs(): number;
}

/** One look at a version's folder. */
export interface Look {
  readonly snapshot: VersionSnapshot;
  /** On the steady clock. */
  readonly beganAtMs: number;
  /** On the steady clock. */
  readonly endedAtMs: number;
  readonly wallMs: number;
  /** One of {@link CLOCK_TOLERANCE_MS}. */
  readonly toleranceMs: number;
}

/** What several looks at a version's folder tell. */
export interface Observation {
  readonly latest: VersionSnapshot;
  /** Since when it has been seen to look like this, on the steady clock. */
  readonly sinceMs: number;
  /** How it looked when it was whole last; `undefined` where it has not been whole yet, or is empty. */
  readonly complete: VersionSnapshot | undefined;
}

/**
 * Whether a version that others copy into place is whole, which nobody tells: it is when nothing in it has changed for
 * `settleMs`, either as we have seen it ourselves between two looks, or by the file system's clock with some tolerance, so that
 * what has long been there need not be watched first. A version that was whole stays so, as it was, while it is being changed.
 */
export function observe(previous: Observation | undefined, look: Look, settleMs: number): Observation {
  const { snapshot, beganAtMs, endedAtMs, wallMs, toleranceMs } = look;
  const sinceMs = previous?.latest.state === snapshot.state ? previous.sinceMs : endedAtMs;
  const empty = snapshot.files.length === 0 && snapshot.flaw === undefined;
  const settled =
    settleMs === 0 || beganAtMs - sinceMs >= settleMs || wallMs - snapshot.changedAtMs >= settleMs + toleranceMs;
  return { latest: snapshot, sinceMs, complete: empty ? undefined : settled ? snapshot : previous?.complete };
}

/** Whether the version is whole, and is so now. */
export function isSettled({ latest, complete }: Observation): boolean {
  return complete?.fingerprint === latest.fingerprint;
}
