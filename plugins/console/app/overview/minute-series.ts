/** What a model answered in one minute. */
export interface MinutePoint {
  readonly at: string;
  readonly requests: number;
  readonly failed: number;
  readonly p95?: number;
}

export interface MinuteSeries {
  readonly models: readonly { readonly model: string; readonly points: readonly MinutePoint[] }[];
}

const MINUTE_MS = 60_000;
const MINUTES = 60;

/** One value for each minute of the last hour, the oldest first; 0 where nothing was answered. */
export function valuesByMinute(
  points: readonly MinutePoint[],
  figureOf: (point: MinutePoint) => number,
  nowMs: number = Date.now(),
): readonly number[] {
  const byMinute = new Map(points.map((point) => [Date.parse(point.at), figureOf(point)]));
  const lastMs = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS;
  return Array.from({ length: MINUTES }, (_, index) => byMinute.get(lastMs - (MINUTES - 1 - index) * MINUTE_MS) ?? 0);
}
