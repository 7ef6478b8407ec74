import {
  type DurationFigures,
  type ModelServer,
  type ModelTarget,
  PlinthError,
  type ServerStatistics,
  type VersionStatistics,
} from "@plinth/core";

/** Triton's statistics of versions, in JSON. */
export interface StatisticsDocument {
  readonly model_stats: readonly VersionStatisticsDocument[];
}

export interface VersionStatisticsDocument {
  readonly name: string;
  readonly version: string;
  /** Milliseconds since the epoch; 0 before the first. */
  readonly last_inference: number;
  readonly inference_count: number;
  readonly execution_count: number;
  readonly inference_stats: Readonly<Record<InferenceStatistic, StatisticDuration>>;
  readonly response_stats: object;
  readonly batch_stats: readonly BatchStatistics[];
  readonly memory_usage: readonly never[];
}

export type InferenceStatistic =
  | "success"
  | "fail"
  | "queue"
  | "compute_input"
  | "compute_infer"
  | "compute_output"
  | "cache_hit"
  | "cache_miss";

export interface StatisticDuration {
  readonly count: number;
  /** Nanoseconds. */
  readonly ns: number;
}

export interface BatchStatistics {
  readonly batch_size: number;
  readonly compute_input: StatisticDuration;
  readonly compute_infer: StatisticDuration;
  readonly compute_output: StatisticDuration;
}

/** What the statistics are made of. */
export interface StatisticsSource {
  readonly statistics: ServerStatistics;
  readonly server: ModelServer;
}

/**
 * The statistics of all versions that were loaded since the start, of those of one model, or of one version.
 *
 * @throws PlinthError `MODEL_NOT_FOUND`, `VERSION_NOT_FOUND`, `LABEL_NOT_FOUND`
 */
export function statisticsDocument(source: StatisticsSource, target?: ModelTarget): StatisticsDocument {
  const versions =
    target === undefined ? source.statistics.models().flatMap((each) => each.versions) : versionsOf(source, target);
  return { model_stats: versions.map(versionDocument) };
}

function versionsOf({ statistics, server }: StatisticsSource, target: ModelTarget): readonly VersionStatistics[] {
  const { model, label } = target;
  const status = server.status(model);
  if (status === undefined) throw new PlinthError("MODEL_NOT_FOUND", `There is no model ${model}`);
  const version = label === undefined ? target.version : status.labels.get(label);
  if (version === undefined && label === undefined) return statistics.model(model)?.versions ?? [];
  const found = version === undefined ? undefined : statistics.version(model, version);
  if (found !== undefined) return [found];
  throw new PlinthError(
    version === undefined ? "LABEL_NOT_FOUND" : "VERSION_NOT_FOUND",
    `Nothing is counted for model ${model} version ${label ?? version}`,
  );
}

/** What Triton counts for the input and the output of a run is decoding and encoding here, where such work is done. */
function versionDocument({ model, version, lastRequestAtMs, total }: VersionStatistics): VersionStatisticsDocument {
  return {
    name: model,
    version: String(version),
    last_inference: Math.trunc(lastRequestAtMs ?? 0),
    inference_count: total.inferences,
    execution_count: total.executions,
    inference_stats: {
      success: duration(total.succeeded),
      fail: duration(total.failed),
      queue: duration(total.queue),
      compute_input: duration(total.decode),
      compute_infer: duration(total.compute),
      compute_output: duration(total.encode),
      cache_hit: NONE,
      cache_miss: NONE,
    },
    response_stats: {},
    batch_stats: [...total.batches].map(([size, figures]) => ({
      batch_size: size,
      compute_input: { count: figures.count, ns: 0 },
      compute_infer: duration(figures),
      compute_output: { count: figures.count, ns: 0 },
    })),
    memory_usage: [],
  };
}

function duration({ count, ms }: DurationFigures): StatisticDuration {
  return { count, ns: Math.round(ms * 1e6) };
}

const NONE: StatisticDuration = { count: 0, ns: 0 };
