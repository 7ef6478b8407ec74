const RATE = new Intl.NumberFormat("en", { maximumSignificantDigits: 3, notation: "compact" });
const COUNT = new Intl.NumberFormat("en");
const MOMENT = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "medium", hourCycle: "h23" });

const EXACT_MOMENT = new Intl.DateTimeFormat("en", {
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
  hourCycle: "h23",
});

export function rate(perSecond: number): string {
  return `${RATE.format(perSecond)}/s`;
}

export function count(number: number): string {
  return COUNT.format(number);
}

/** Milliseconds, as `42.0 µs`, `0.420 ms` or `3.10 s`. */
export function duration(ms: number | undefined): string {
  if (ms === undefined) return "–";
  if (ms >= 86_400_000) return `${threeDigits(ms / 86_400_000)} d`;
  if (ms >= 3_600_000) return `${threeDigits(ms / 3_600_000)} h`;
  if (ms >= 60_000) return `${threeDigits(ms / 60_000)} min`;
  if (ms >= 1_000) return `${threeDigits(ms / 1_000)} s`;
  return ms === 0 || ms >= 0.1 ? `${threeDigits(ms)} ms` : `${threeDigits(ms * 1_000)} µs`;
}

/** Without the power of ten that `toPrecision` makes of a thousand and more. */
function threeDigits(value: number): string {
  return value >= 999.5 ? String(Math.round(value)) : value.toPrecision(3);
}

export function bytes(number: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  let value = number;
  while (value >= 1_024 && unit < units.length - 1) {
    value /= 1_024;
    unit++;
  }
  return `${unit === 0 ? value : threeDigits(value)} ${units[unit]}`;
}

export function share(part: number, whole: number): string {
  if (whole === 0) return "–";
  const percent = (100 * part) / whole;
  return percent === 0 ? "0 %" : percent < 0.1 ? "< 0.1 %" : `${percent.toPrecision(3)} %`;
}

export function moment(iso: string): string {
  return MOMENT.format(new Date(iso));
}

/** With milliseconds, and without the year. */
export function momentWithSeconds(iso: string): string {
  return EXACT_MOMENT.format(new Date(iso));
}

/** How long ago, roughly. */
export function ago(iso: string, nowMs = Date.now()): string {
  const seconds = Math.max(0, Math.round((nowMs - Date.parse(iso)) / 1_000));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3_600) return `${Math.round(seconds / 60)} min ago`;
  return seconds < 86_400 ? `${Math.round(seconds / 3_600)} h ago` : `${Math.round(seconds / 86_400)} d ago`;
}
