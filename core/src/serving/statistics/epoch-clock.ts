/** Read once, since Node asks the system for it each time, which would cost more than all the rest of telling of a request. */
const TIME_ORIGIN_MS = performance.timeOrigin;

/** A time on the clock of `performance.now()` in milliseconds since the epoch, as it is in every process. */
export function epochMsOf(performanceMs: number): number {
  return TIME_ORIGIN_MS + performanceMs;
}

/** The reverse of {@link epochMsOf}. */
export function performanceMsOf(epochMs: number): number {
  return epochMs - TIME_ORIGIN_MS;
}
