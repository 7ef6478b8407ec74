/** Pause before the first retry of a failed load, in milliseconds. */
export const FIRST_RETRY_DELAY_MS = 1_000;

/** Longest pause between retries, in milliseconds: TensorFlow Serving's interval. */
export const MAX_RETRY_DELAY_MS = 60_000;

/** Pause after the `failures`-th failure in a row (1 or more): doubled each time, up to {@link MAX_RETRY_DELAY_MS}. */
export function retryDelayMs(failures: number): number {
  return Math.min(FIRST_RETRY_DELAY_MS * 2 ** (failures - 1), MAX_RETRY_DELAY_MS);
}
