import type { ErrorCode } from "../model/errors.js";
import type { ModelVersion } from "../model/model-version.js";
import { createToken, type Token } from "./token.js";

/**
 * What the server itself has counted, the same whether monitors are configured or not: for management, the command line, protocols that
 * tell of it, and monitors that publish figures. Of all processes that answer requests together; those of others come a second late.
 */
export interface ServerStatistics {
  /** Of every model that was loaded or asked for since the start, by name. Never names that clients made up. */
  models(): readonly ModelStatistics[];

  /** One of {@link models}. */
  model(model: string): ModelStatistics | undefined;

  /** Of a version that was loaded since the start. */
  version(model: string, version: ModelVersion): VersionStatistics | undefined;

  /** For charts: what came of each ten seconds of the last hour, oldest first; those in which nothing was answered are left out. */
  series(model: string, version: ModelVersion): readonly SeriesPoint[];

  /** Requests for models that do not exist, since the start, by code. */
  unknownModels(): ReadonlyMap<ErrorCode, number>;

  /** How the processes fare that the server consists of: the main one first, then the fronts. */
  processes(): readonly ProcessFigures[];

  /** How the configured monitors fare, in the order of the configuration. */
  monitors(): readonly MonitorFigures[];

  /** What versions in memory need together. */
  memory(): MemoryFigures;
}

/** What the server has counted. */
export const ServerStatistics: Token<ServerStatistics> = createToken<ServerStatistics>("ServerStatistics");

export interface ModelStatistics {
  readonly model: string;
  /** Newest first. */
  readonly versions: readonly VersionStatistics[];
  /** Requests that reached none of its versions, since the start, by code. */
  readonly unrouted: ReadonlyMap<ErrorCode, number>;
}

/** Mirrored requests are in none of the figures but {@link RequestTotals.executions} and {@link RequestTotals.batches}. */
export interface VersionStatistics {
  readonly model: string;
  readonly version: ModelVersion;
  /** Requests that have the version and are not answered yet, those that wait included. */
  readonly inFlight: number;
  /** Of these, those that wait for the model. */
  readonly queued: number;
  /** When the newest request was finished, in milliseconds since the epoch; `undefined` before the first. */
  readonly lastRequestAtMs: number | undefined;
  /** Since the version was first loaded. They never fall while the server runs. */
  readonly total: RequestTotals;
  readonly windows: {
    /** The last 50 to 60 seconds. */
    readonly minute: WindowFigures;
    /** The last 9 to 10 minutes. */
    readonly tenMinutes: WindowFigures;
    /** The last 50 to 60 minutes. */
    readonly hour: WindowFigures;
  };
  readonly executors: {
    /** Instances in workers that were started, replacements included. */
    readonly started: number;
    /** Of these, those that died without being asked to. */
    readonly died: number;
  };
}

/** How often something was done, and how long that took all in all. */
export interface DurationFigures {
  readonly count: number;
  /** In milliseconds, with fractions. */
  readonly ms: number;
}

export interface RequestTotals {
  /** Requests that were answered, each from when it was asked for the version until its answer was written as bytes. */
  readonly succeeded: DurationFigures;
  readonly failed: DurationFigures;
  readonly errors: ReadonlyMap<ErrorCode, number>;
  /** The parts of those that succeeded, as far as they were timed. */
  readonly decode: DurationFigures;
  readonly queue: DurationFigures;
  readonly compute: DurationFigures;
  readonly encode: DurationFigures;
  /** Rows of the requests that succeeded: lengths of the first axis, 1 where that is no axis of a batch. */
  readonly inferences: number;
  /** Runs of the model; less than {@link inferences} where requests are run together. */
  readonly executions: number;
  /** Runs by their rows, padding included; past 128 rows, by the next power of two. */
  readonly batches: ReadonlyMap<number, DurationFigures>;
}

export interface WindowFigures {
  /** How far back it reaches, in milliseconds; less than its name says while the version is younger. */
  readonly spanMs: number;
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly failed: number;
  readonly errors: ReadonlyMap<ErrorCode, number>;
  /** Of requests that succeeded. `undefined` where there were none, in this and the next two. */
  readonly latency: LatencyFigures | undefined;
  readonly queue: LatencyFigures | undefined;
  readonly compute: LatencyFigures | undefined;
}

/**
 * In milliseconds. Percentiles are by nearest rank, within 1 % of the exact value, between 1 microsecond and 71 minutes.
 *
 * A DDSketch with linear interpolation within octaves: Masson, Rim, Lee: "DDSketch: a fast and fully-mergeable quantile sketch with
 * relative-error guarantees", VLDB 2019.
 */
export interface LatencyFigures {
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** As {@link WindowFigures}, of ten seconds. */
export interface SeriesPoint {
  /** When they began, in milliseconds since the epoch: a multiple of 10,000. */
  readonly atMs: number;
  readonly requests: number;
  readonly failed: number;
  readonly latency: LatencyFigures | undefined;
  readonly queue: LatencyFigures | undefined;
  readonly compute: LatencyFigures | undefined;
}

export interface ProcessFigures {
  readonly role: "main" | "front";
  readonly pid: number;
  /** Resident memory. */
  readonly rssBytes: number;
  readonly heapUsedBytes: number;
  /** How late the event loop came to a timer in the last seconds, in milliseconds. */
  readonly eventLoopDelay: { readonly mean: number; readonly p99: number; readonly max: number };
}

/** In bytes, by estimate. */
export interface MemoryFigures {
  /** `server.memoryBudgetBytes`; 0: no bound. */
  readonly budgetBytes: number;
  /** Set aside for versions that are loaded or being loaded. */
  readonly usedBytes: number;
}

export interface MonitorFigures {
  readonly name: string;
  /** Events on which it threw, since the start. */
  readonly faults: number;
}
