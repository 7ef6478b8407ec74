import type { Point } from "../api/documents.js";

/** Length of what one point stands for, in milliseconds. */
export const STEP_MS = 10_000;

const HOUR_STEPS = 360;

/** Fewest steps that are drawn, however little there is. */
const LEAST_STEPS = 60;

/** The times from an hour ago until now at which points can stand, in milliseconds since the epoch. */
export function lastHour(nowMs: number): readonly number[] {
  return lastSteps(HOUR_STEPS, nowMs);
}

/** As {@link lastHour}, but from the first point on. */
export function sinceFirst(series: readonly (readonly Point[])[], nowMs: number): readonly number[] {
  const firstMs = Math.min(nowMs, ...series.flatMap(([point]) => (point === undefined ? [] : [Date.parse(point.at)])));
  const steps = Math.ceil((nowMs - firstMs) / STEP_MS) + 1;
  return lastSteps(Math.min(HOUR_STEPS, Math.max(LEAST_STEPS, steps)), nowMs);
}

function lastSteps(length: number, nowMs: number): readonly number[] {
  const last = Math.floor(nowMs / STEP_MS) * STEP_MS;
  return Array.from({ length }, (_, index) => last - (length - 1 - index) * STEP_MS);
}

/** One value for each of the times; `absent` where nothing was answered then. */
export function valuesAt<Absent>(
  times: readonly number[],
  series: readonly Point[],
  figureOf: (point: Point) => number | undefined,
  absent: Absent,
): readonly (number | Absent)[] {
  const points = new Map(series.map((point) => [Date.parse(point.at), point]));
  return times.map((time) => {
    const point = points.get(time);
    return (point && figureOf(point)) ?? absent;
  });
}

export const requestsPerSecond = ({ requests }: Point): number => requests / (STEP_MS / 1_000);
export const failedPerSecond = ({ failed }: Point): number => failed / (STEP_MS / 1_000);
