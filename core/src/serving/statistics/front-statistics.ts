import type { ErrorCode } from "../../model/errors.js";
import type { ModelVersion } from "../../model/model-version.js";
import { ProcessWatch } from "./process-watch.js";
import { type RequestRecorders, versionKey } from "./request-recorders.js";
import { addTo } from "./request-tally.js";
import type { RefusalReport, StatisticsReport, VersionReport } from "./statistics-report.js";
import { VersionRecorder } from "./version-recorder.js";

/** How often the main process is told, in milliseconds. */
const REPORT_INTERVAL_MS = 1_000;

/** What a front has counted and not told yet. */
export class FrontStatistics implements RequestRecorders, Disposable {
  readonly #recorders = new Map<string, VersionRecorder>();
  readonly #refusals = new Map<string | undefined, Map<ErrorCode, number>>();
  readonly #process = new ProcessWatch("front");
  #telling: NodeJS.Timeout | undefined;

  /** Begins to tell again and again. */
  start(tell: (report: StatisticsReport) => void): void {
    this.#process.start();
    this.#telling = setInterval(() => tell(this.take()), REPORT_INTERVAL_MS);
    this.#telling.unref();
  }

  recorder(model: string, version: ModelVersion): VersionRecorder {
    const key = versionKey(model, version);
    const known = this.#recorders.get(key);
    if (known !== undefined) return known;
    const made = new VersionRecorder(model, version, Number.POSITIVE_INFINITY, () => {});
    this.#recorders.set(key, made);
    return made;
  }

  refused(model: string | undefined, code: ErrorCode): void {
    const counts = this.#refusals.get(model) ?? new Map<ErrorCode, number>();
    this.#refusals.set(model, counts);
    addTo(counts, code, 1);
  }

  take(): StatisticsReport {
    const versions = [...this.#recorders].map(([key, recorder]) => this.#takeVersion(key, recorder));
    const refusals = [...this.#refusals].flatMap(([model, counts]) =>
      [...counts].map(([code, count]): RefusalReport => ({ model, code, count })),
    );
    this.#refusals.clear();
    return { versions, refusals, process: this.#process.figures() };
  }

  [Symbol.dispose](): void {
    clearInterval(this.#telling);
    this.#process[Symbol.dispose]();
  }

  #takeVersion(key: string, recorder: VersionRecorder): VersionReport {
    const { model, version, inFlight, queued, lastRequestSinceEpochMs } = recorder;
    if (inFlight === 0 && recorder.queue === undefined) this.#recorders.delete(key);
    return {
      model,
      version,
      tally: recorder.take(),
      inFlight,
      queued,
      lastRequestAtMs: lastRequestSinceEpochMs,
    };
  }
}
