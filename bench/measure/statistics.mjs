/**
 * The smallest value that at least `percent` of all are no larger than (nearest rank); `undefined` where there are no values.
 *
 * @param {ArrayLike<number>} sorted ascending
 */
export function percentile(sorted, percent) {
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
}

/** What people ask of latencies. */
export function latencyFigures(latenciesMs) {
  const sorted = Float64Array.from(latenciesMs).sort();
  return { p50Ms: percentile(sorted, 50), p95Ms: percentile(sorted, 95), p99Ms: percentile(sorted, 99) };
}

/** The middle value, or the mean of the two in the middle; `undefined` of none. */
export function median(values) {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? sorted[middle]
    : sorted.length === 0
      ? undefined
      : mean(sorted[middle - 1], sorted[middle]);
}

const mean = (left, right) => (left + right) / 2;

/** Of rounds with the same keys, the median of each key. What a round did not measure is left out. */
export function medians(rounds) {
  const keys = new Set(rounds.flatMap((round) => Object.keys(round)));
  const measured = (key) => rounds.map((round) => round[key]).filter((value) => value !== undefined);
  return Object.fromEntries([...keys].map((key) => [key, median(measured(key))]));
}
