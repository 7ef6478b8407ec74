import type {
  MemoryFigures,
  ModelStatistics,
  MonitorFigures,
  ProcessFigures,
  SeriesPoint,
  ServerStatistics,
  VersionStatistics,
} from "../../extension-points/server-statistics.js";
import type { ErrorCode } from "../../model/errors.js";
import { type ModelVersion, newestFirst } from "../../model/model-version.js";
import { epochMsOf, performanceMsOf } from "./epoch-clock.js";
import { ProcessWatch } from "./process-watch.js";
import { type RequestRecorders, versionKey } from "./request-recorders.js";
import { addTo } from "./request-tally.js";
import type { StatisticsReport, VersionGauges } from "./statistics-report.js";
import { SERIES_SLOT_MS, VersionHistory } from "./version-history.js";
import { VersionRecorder } from "./version-recorder.js";

/** Versions that are not loaded and are remembered all the same; beyond, the least recently used are forgotten. */
const MAX_IDLE_VERSIONS = 1_000;

const NO_COUNTS: ReadonlyMap<ErrorCode, number> = new Map();

interface CountedVersion {
  readonly recorder: VersionRecorder;
  readonly history: VersionHistory;
  /** By the front that told them. */
  readonly gauges: Map<number, VersionGauges>;
  /** Of fronts, in milliseconds since the epoch. */
  toldRequestAtMs: number | undefined;
}

/** What this process has counted, and what fronts have told it. */
export class LiveStatistics implements ServerStatistics, RequestRecorders, Disposable {
  readonly #versions = new Map<string, CountedVersion>();
  readonly #unrouted = new Map<string | undefined, Map<ErrorCode, number>>();
  readonly #process = new ProcessWatch("main");
  readonly #fronts = new Map<number, ProcessFigures>();
  #monitors: () => readonly MonitorFigures[] = () => [];
  #memory: () => MemoryFigures = () => ({ budgetBytes: 0, usedBytes: 0 });

  /** Begins to measure the process. */
  start(): void {
    this.#process.start();
  }

  recorder(model: string, version: ModelVersion): VersionRecorder {
    return this.#counted(model, version).recorder;
  }

  refused(model: string | undefined, code: ErrorCode): void {
    this.#countRefusals(model, code, 1);
  }

  /** Takes what a front, told apart by its process's number, has counted. */
  absorb(front: number, { versions, refusals, process }: StatisticsReport): void {
    this.#fronts.set(front, process);
    for (const { model, version, tally, inFlight, queued, lastRequestAtMs } of versions) {
      const counted = this.#counted(model, version);
      counted.gauges.set(front, { inFlight, queued });
      counted.toldRequestAtMs = latest(counted.toldRequestAtMs, lastRequestAtMs);
      if (tally !== undefined) counted.history.absorb(tally, epochMs());
    }
    for (const { model, code, count } of refusals) this.#countRefusals(model, code, count);
  }

  /** A front has gone. What it had counted stays. */
  lose(front: number): void {
    this.#fronts.delete(front);
    for (const { gauges } of this.#versions.values()) gauges.delete(front);
  }

  /** Has {@link monitors} tell of them. */
  watchMonitors(figures: () => readonly MonitorFigures[]): void {
    this.#monitors = figures;
  }

  /** Has {@link memory} tell of it. */
  watchMemory(figures: () => MemoryFigures): void {
    this.#memory = figures;
  }

  models(): readonly ModelStatistics[] {
    const names = new Set([...this.#versions.values()].map(({ recorder }) => recorder.model));
    for (const model of this.#unrouted.keys()) if (model !== undefined) names.add(model);
    return [...names].sort().flatMap((model) => this.model(model) ?? []);
  }

  model(model: string): ModelStatistics | undefined {
    const counted = [...this.#versions.values()].filter(({ recorder }) => recorder.model === model);
    const unrouted = this.#unrouted.get(model);
    if (counted.length === 0 && unrouted === undefined) return undefined;
    const nowMs = epochMs();
    return {
      model,
      versions: counted
        .map((each) => statisticsOf(each, nowMs))
        .sort((left, right) => newestFirst(left.version, right.version)),
      unrouted: new Map(unrouted),
    };
  }

  version(model: string, version: ModelVersion): VersionStatistics | undefined {
    const counted = this.#versions.get(versionKey(model, version));
    return counted && statisticsOf(counted, epochMs());
  }

  series(model: string, version: ModelVersion): readonly SeriesPoint[] {
    const counted = this.#versions.get(versionKey(model, version));
    if (counted === undefined) return [];
    const nowMs = epochMs();
    bringUpToDate(counted);
    return counted.history.series(nowMs);
  }

  unknownModels(): ReadonlyMap<ErrorCode, number> {
    return this.#unrouted.get(undefined) ?? NO_COUNTS;
  }

  processes(): readonly ProcessFigures[] {
    return [this.#process.figures(), ...this.#fronts.values()];
  }

  monitors(): readonly MonitorFigures[] {
    return this.#monitors();
  }

  memory(): MemoryFigures {
    return this.#memory();
  }

  [Symbol.dispose](): void {
    this.#process[Symbol.dispose]();
  }

  #counted(model: string, version: ModelVersion): CountedVersion {
    const key = versionKey(model, version);
    const known = this.#versions.get(key);
    if (known !== undefined) return known;
    const recorder = new VersionRecorder(model, version, slotEndMs(performance.now()), () => bringUpToDate(made));
    const made: CountedVersion = {
      recorder,
      history: new VersionHistory(epochMs()),
      gauges: new Map(),
      toldRequestAtMs: undefined,
    };
    this.#versions.set(key, made);
    this.#forgetIdle();
    return made;
  }

  #countRefusals(model: string | undefined, code: ErrorCode, count: number): void {
    const counts = this.#unrouted.get(model) ?? new Map<ErrorCode, number>();
    this.#unrouted.set(model, counts);
    addTo(counts, code, count);
  }

  #forgetIdle(): void {
    const idle = [...this.#versions].filter(([, { recorder }]) => recorder.queue === undefined);
    if (idle.length <= MAX_IDLE_VERSIONS) return;
    const [oldest] = idle.sort(([, left], [, right]) => lastUseOf(left) - lastUseOf(right));
    if (oldest !== undefined) this.#versions.delete(oldest[0]);
  }
}

function statisticsOf(counted: CountedVersion, nowMs: number): VersionStatistics {
  bringUpToDate(counted);
  const { recorder, history, gauges } = counted;
  const all = [recorder, ...gauges.values()];
  return {
    model: recorder.model,
    version: recorder.version,
    inFlight: all.reduce((sum, { inFlight }) => sum + inFlight, 0),
    queued: all.reduce((sum, { queued }) => sum + queued, 0),
    lastRequestAtMs: lastRequestOf(counted),
    total: history.total.totals(),
    windows: history.windows(nowMs),
    executors: { started: history.total.executorsStarted, died: history.total.executorsDied },
  };
}

/** Moves what was counted to the history: all of it lies in the slot that ends when the recorder is due, or in the one that is now. */
function bringUpToDate({ recorder, history }: CountedVersion): void {
  const nowMs = performance.now();
  const tally = recorder.take();
  if (tally !== undefined) history.absorb(tally, epochMsOf(Math.min(nowMs, recorder.dueAtMs - 1)));
  if (nowMs >= recorder.dueAtMs) recorder.dueAtMs = slotEndMs(nowMs);
}

/** On the clock of `performance.now()`, as the argument is. Slots begin at multiples of their length since the epoch, in every process. */
function slotEndMs(nowMs: number): number {
  const slot = Math.floor(epochMsOf(nowMs) / SERIES_SLOT_MS);
  return performanceMsOf((slot + 1) * SERIES_SLOT_MS);
}

function lastRequestOf({ recorder, toldRequestAtMs }: CountedVersion): number | undefined {
  return latest(toldRequestAtMs, recorder.lastRequestSinceEpochMs);
}

/** When it was last asked for, else since when it is counted. */
function lastUseOf(counted: CountedVersion): number {
  return lastRequestOf(counted) ?? counted.history.sinceMs;
}

function latest(left: number | undefined, right: number | undefined): number | undefined {
  return left === undefined || right === undefined ? (left ?? right) : Math.max(left, right);
}

function epochMs(): number {
  return epochMsOf(performance.now());
}
