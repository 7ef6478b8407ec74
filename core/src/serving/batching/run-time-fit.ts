/**
 * How long runs take by their size, learned from the runs themselves: `fixed + perRow * rows`, by least squares in which each run counts
 * for less the older it is.
 *
 * Run times have long tails (garbage collection, neighbours), so that a run is taken for no more than {@link MAX_DEVIATIONS} usual
 * deviations beyond what was expected of it. A real change still wins within some dozens of runs, because each clipped run also
 * widens what is usual.
 */
export interface RunTimeFit {
  readonly runs: number;
  /** Sums over the runs, by weight. */
  readonly weight: number;
  readonly rows: number;
  readonly ms: number;
  readonly rowsRows: number;
  readonly rowsMs: number;
  /** Mean absolute deviation from what was expected, in milliseconds. */
  readonly deviationMs: number;
}

export interface RunTime {
  readonly fixedMs: number;
  readonly perRowMs: number;
  readonly deviationMs: number;
}

/** What a run's weight becomes with each further one: about the last 50 count. */
const REMEMBERED = 0.98;

const MAX_DEVIATIONS = 4;

/** Runs that are taken as they are, before there is anything usual. */
const FIRST_RUNS = 8;

/** Least variance of the sizes, in rows, from which a slope can be told. */
const MIN_VARIANCE = 0.01;

export const NOTHING_MEASURED: RunTimeFit = {
  runs: 0,
  weight: 0,
  rows: 0,
  ms: 0,
  rowsRows: 0,
  rowsMs: 0,
  deviationMs: 0,
};

export function withRun(fit: RunTimeFit, rows: number, measuredMs: number): RunTimeFit {
  const expected = runTime(fit);
  const expectedMs = expected === undefined ? measuredMs : expected.fixedMs + expected.perRowMs * rows;
  const surplusMs = measuredMs - expectedMs;
  const boundMs =
    fit.runs < FIRST_RUNS ? Number.POSITIVE_INFINITY : MAX_DEVIATIONS * fit.deviationMs + 0.01 * expectedMs;
  const takenMs = expectedMs + Math.min(Math.max(surplusMs, -boundMs), boundMs);
  const deviationMs = Math.min(Math.abs(surplusMs), 2 * boundMs);
  return {
    runs: fit.runs + 1,
    weight: REMEMBERED * fit.weight + 1,
    rows: REMEMBERED * fit.rows + rows,
    ms: REMEMBERED * fit.ms + takenMs,
    rowsRows: REMEMBERED * fit.rowsRows + rows * rows,
    rowsMs: REMEMBERED * fit.rowsMs + rows * takenMs,
    deviationMs: fit.deviationMs + (deviationMs - fit.deviationMs) / Math.min(fit.runs + 1, 20),
  };
}

/**
 * The line through what was measured; neither part below 0. As long as all runs were of one size, the whole time is taken to be fixed:
 * that makes larger batches look worth trying, and the first of them corrects it. `undefined` before the first run.
 */
export function runTime({ runs, weight, rows, ms, rowsRows, rowsMs, deviationMs }: RunTimeFit): RunTime | undefined {
  if (runs === 0) return undefined;
  const meanRows = rows / weight;
  const meanMs = ms / weight;
  const variance = rowsRows / weight - meanRows * meanRows;
  if (variance < MIN_VARIANCE) return { fixedMs: meanMs, perRowMs: 0, deviationMs };
  const slope = Math.max(0, (rowsMs / weight - meanRows * meanMs) / variance);
  const fixedMs = meanMs - slope * meanRows;
  if (fixedMs >= 0) return { fixedMs, perRowMs: slope, deviationMs };
  return { fixedMs: 0, perRowMs: rowsMs / rowsRows, deviationMs };
}
