const UNITS = [
  ["d", 86_400],
  ["h", 3_600],
  ["m", 60],
] as const;

/** How long ago, in the largest unit that fits: `3h`. */
export function age(iso: string | undefined, nowMs: number = Date.now()): string {
  if (iso === undefined) return "";
  const seconds = Math.max(0, Math.round((nowMs - Date.parse(iso)) / 1_000));
  const unit = UNITS.find(([, inSeconds]) => seconds >= inSeconds);
  return unit === undefined ? `${seconds}s` : `${Math.floor(seconds / unit[1])}${unit[0]}`;
}
