import type {
  ErrorCode,
  ModelStatistics,
  RequestTotals,
  SeriesPoint,
  ServerStatistics,
  VersionStatistics,
  WindowFigures,
} from "@plinth/core";
import type { z } from "zod";
import type {
  ModelStatisticsDocument,
  ServerStatisticsDocument,
  VersionStatisticsDocument,
  versionStatisticsSeries,
} from "../statistics-resources.js";
import { modelPath } from "./document-json.js";

export function serverStatisticsDocument(statistics: ServerStatistics): ServerStatisticsDocument {
  return {
    models: statistics.models().map(modelStatisticsDocument),
    unknownModels: countsJson(statistics.unknownModels()),
    processes: [...statistics.processes()],
    monitors: [...statistics.monitors()],
    memory: { ...statistics.memory() },
    _links: {
      self: { href: "/api/statistics" },
      series: { href: "/api/statistics/series" },
      models: { href: "/api/models" },
    },
  };
}

export function modelStatisticsDocument({ model, versions, unrouted }: ModelStatistics): ModelStatisticsDocument {
  const path = modelPath(model);
  return {
    model,
    versions: versions.map(versionStatisticsDocument),
    unrouted: countsJson(unrouted),
    _links: { self: { href: `${path}/statistics` }, model: { href: path } },
  };
}

export function versionStatisticsDocument(statistics: VersionStatistics): VersionStatisticsDocument {
  const { model, version, inFlight, queued, lastRequestAtMs, executors, windows, total } = statistics;
  const path = `${modelPath(model)}/versions/${version}`;
  return {
    model,
    version: String(version),
    inFlight,
    queued,
    ...(lastRequestAtMs !== undefined && { lastRequestAt: new Date(lastRequestAtMs).toISOString() }),
    executors: { ...executors },
    minute: windowJson(windows.minute),
    tenMinutes: windowJson(windows.tenMinutes),
    hour: windowJson(windows.hour),
    total: totalsJson(total),
    _links: { self: { href: `${path}/statistics` }, version: { href: path } },
  };
}

export function seriesDocument(
  statistics: VersionStatistics,
  series: readonly SeriesPoint[],
): z.output<typeof versionStatisticsSeries> {
  return {
    ...versionStatisticsDocument(statistics),
    series: series.map(({ atMs, ...figures }) => ({ at: new Date(atMs).toISOString(), ...figures })),
  };
}

function windowJson({ errors, ...figures }: WindowFigures): VersionStatisticsDocument["minute"] {
  return { ...figures, errors: countsJson(errors) };
}

function totalsJson({ errors, batches, ...totals }: RequestTotals): VersionStatisticsDocument["total"] {
  const sizes = [...batches].sort(([left], [right]) => left - right);
  return { ...totals, errors: countsJson(errors), batches: sizes.map(([rows, runs]) => ({ rows, runs: { ...runs } })) };
}

function countsJson(counts: ReadonlyMap<ErrorCode, number>): Record<string, number> {
  return Object.fromEntries(counts);
}
