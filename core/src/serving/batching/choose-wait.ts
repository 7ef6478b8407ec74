import type { BatchingSettings } from "./batching-settings.js";
import type { RunTime } from "./run-time-fit.js";

/** What is known when the first request of a batch arrives. */
export interface WaitFacts {
  readonly runTime: RunTime | undefined;
  /** Mean time between two arrivals of a row, in milliseconds; `undefined` until two have come. */
  readonly msBetweenRows: number | undefined;
  /** Rows of the first request. */
  readonly rows: number;
}

/** Share of a run's time that must be fixed, and so be saved by putting two requests together, to make any wait worth it. */
const MIN_FIXED_SHARE = 0.1;

/** Arrivals at the same instant count as this far apart, in milliseconds. */
const MIN_GAP_MS = 0.001;

/** Usual deviations of the run time that are kept free before the target. */
const SPARED_DEVIATIONS = 2;

/**
 * How long the first request of a batch is to wait for others, in milliseconds.
 *
 * Without a target: `maxWaitMs`. With one, a request that waits `w` finds the rows that arrive meanwhile in its batch and is answered after
 *
 *     w + fixed + perRow * (rows + w / msBetweenRows) + spare   <=   target
 *
 * where `fixed` and `perRow` are fitted to the runs that were measured and `spare` is twice their usual deviation. Solved for `w` that
 * is the longest wait which keeps the target. It is cut to `maxWaitMs` and to the time in which the batch fills up, after which
 * waiting gains nothing.
 *
 * There is no wait at all where it could not help: nothing is measured yet, the target is out of reach anyway, nobody is expected to
 * arrive within the wait, or a run costs the same for each row, so that running together saves nothing.
 *
 * Busy instances are not looked at: while they are, requests gather whatever stands here, and the wait counts from the arrival.
 */
export function chooseWaitMs(settings: BatchingSettings, { runTime, msBetweenRows, rows }: WaitFacts): number {
  const { maxWaitMs, targetLatencyMs, maxBatchSize } = settings;
  if (targetLatencyMs === undefined) return maxWaitMs;
  if (runTime === undefined || msBetweenRows === undefined) return 0;
  const { fixedMs, perRowMs, deviationMs } = runTime;
  const aloneMs = fixedMs + perRowMs * rows;
  if (fixedMs < MIN_FIXED_SHARE * aloneMs) return 0;
  const slackMs = targetLatencyMs - aloneMs - SPARED_DEVIATIONS * deviationMs;
  const gapMs = Math.max(msBetweenRows, MIN_GAP_MS);
  const longestMs = slackMs / (1 + perRowMs / gapMs);
  const fillsUpMs = (maxBatchSize - rows) * gapMs;
  const waitMs = Math.min(longestMs, fillsUpMs, maxWaitMs);
  return waitMs < gapMs ? 0 : waitMs;
}
