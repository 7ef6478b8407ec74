import progress, { type SingleBar } from "cli-progress";

/** A bar with rate and time left on standard error, where that is a terminal; else nothing. */
export class TransferProgress implements Disposable {
  readonly #bar: SingleBar | undefined;
  readonly #startedAtMs = performance.now();
  readonly #doneBefore: number;
  #bytes: number;

  /**
   * @param totalBytes 0 where it is not known
   * @param doneBefore bytes that an earlier try has left, which do not count as fast
   */
  constructor(name: string, totalBytes: number, doneBefore = 0) {
    this.#doneBefore = doneBefore;
    this.#bytes = doneBefore;
    if (!process.stderr.isTTY) return;
    const known = "{bar} {percentage}% | {value}/{total} | {rate}/s | {eta_formatted} left";
    this.#bar = new progress.SingleBar({
      stream: process.stderr,
      format: `${name} ${totalBytes > 0 ? known : "{value} | {rate}/s"}`,
      formatValue: (value, options, type) =>
        type === "value" || type === "total" ? formatBytes(value) : progress.Format.ValueFormat(value, options, type),
      hideCursor: true,
      etaBuffer: 50,
    });
    this.#bar.start(totalBytes, doneBefore, { rate: formatBytes(0) });
  }

  add(bytes: number): void {
    this.#bytes += bytes;
    const seconds = (performance.now() - this.#startedAtMs) / 1_000;
    this.#bar?.update(this.#bytes, { rate: formatBytes(seconds > 0 ? (this.#bytes - this.#doneBefore) / seconds : 0) });
  }

  [Symbol.dispose](): void {
    this.#bar?.stop();
  }
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** As `12.3 MiB`. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1_024 ** power;
  return `${power === 0 ? Math.round(value) : value.toFixed(1)} ${UNITS[power]}`;
}
