import { z } from "zod";
import { links, versionNumber } from "./resources.js";

/* The documents about what the server has counted. Durations are in milliseconds, with fractions. */

const count = z.int().min(0);

const errors = z.record(z.string(), count).describe("How many failed, by gRPC's name of the code.");

const duration = z
  .strictObject({ count, ms: z.number().min(0) })
  .meta({ id: "Duration", description: "How often something was done, and how long that took all in all." });

const latency = z
  .strictObject({ mean: z.number(), p50: z.number(), p95: z.number(), p99: z.number(), max: z.number() })
  .meta({ id: "Latency", description: "Percentiles by nearest rank, within 1 %, of requests that succeeded." });

const figures = {
  requests: count,
  failed: count,
  latency: latency.optional().describe("From when the version was asked for until the answer was written."),
  queue: latency.optional(),
  compute: latency.optional(),
};

const statisticsWindow = z
  .strictObject({
    spanMs: z.number().describe("How far back it reaches; less than its name says while the version is younger."),
    requestsPerSecond: z.number().min(0),
    ...figures,
    errors,
  })
  .meta({ id: "StatisticsWindow" });

const seriesPoint = z
  .strictObject({ at: z.iso.datetime().describe("When these ten seconds began."), ...figures })
  .meta({ id: "StatisticsPoint" });

const totals = z
  .strictObject({
    succeeded: duration,
    failed: duration,
    errors,
    decode: duration,
    queue: duration,
    compute: duration,
    encode: duration,
    inferences: count.describe("Rows of the requests that succeeded."),
    executions: count.describe("Runs of the model, each for one request or more."),
    batches: z.array(z.strictObject({ rows: count, runs: duration })).describe("Runs by their rows, padding included."),
  })
  .meta({
    id: "StatisticsTotals",
    description: "Since the version was first loaded; they never fall while the server runs.",
  });

export const versionStatistics = z
  .strictObject({
    model: z.string(),
    version: versionNumber,
    inFlight: count.describe("Requests under way, those that wait included."),
    queued: count.describe("Requests that wait for the model."),
    lastRequestAt: z.iso.datetime().optional(),
    executors: z.strictObject({ started: count, died: count }).describe("Instances in workers, since the start."),
    minute: statisticsWindow,
    tenMinutes: statisticsWindow,
    hour: statisticsWindow,
    total: totals,
    _links: links,
  })
  .meta({ id: "VersionStatistics" });

export const versionStatisticsSeries = versionStatistics
  .extend({
    series: z
      .array(seriesPoint)
      .max(361)
      .describe("Each ten seconds of the last hour in which something was answered, oldest first."),
  })
  .meta({ id: "VersionStatisticsSeries" });

export const modelStatistics = z
  .strictObject({
    model: z.string(),
    versions: z.array(versionStatistics).describe("Newest first."),
    unrouted: errors.describe("Requests that reached none of its versions."),
    _links: links,
  })
  .meta({ id: "ModelStatistics" });

export const serverStatistics = z
  .strictObject({
    models: z.array(modelStatistics),
    unknownModels: errors.describe("Requests for models that do not exist."),
    processes: z.array(
      z.strictObject({
        role: z.enum(["main", "front"]),
        pid: count,
        rssBytes: count,
        heapUsedBytes: count,
        eventLoopDelay: z
          .strictObject({ mean: z.number(), p99: z.number(), max: z.number() })
          .describe("How late timers came in the last seconds, in milliseconds."),
      }),
    ),
    monitors: z.array(z.strictObject({ name: z.string(), faults: count.describe("Events on which it threw.") })),
    memory: z
      .strictObject({
        budgetBytes: count.describe("server.memoryBudgetBytes; 0: no bound."),
        usedBytes: count.describe("Set aside for versions that are loaded or being loaded, by estimate."),
      })
      .describe("What versions in memory need together."),
    _links: links,
  })
  .meta({ id: "ServerStatistics" });

const minutePoint = z
  .strictObject({
    at: z.iso.datetime().describe("When this minute began."),
    requests: count,
    failed: count,
    p95: z.number().optional().describe("The largest of its ten-second stretches, in milliseconds."),
  })
  .meta({ id: "MinutePoint" });

export const statisticsSeries = z
  .strictObject({
    models: z.array(
      z.strictObject({
        model: z.string(),
        points: z.array(minutePoint).max(61).describe("All its versions together, oldest first."),
      }),
    ),
    _links: links,
  })
  .meta({ id: "StatisticsSeries", description: "Each minute of the last hour in which something was answered." });

export type StatisticsSeriesDocument = z.output<typeof statisticsSeries>;
export type VersionStatisticsDocument = z.output<typeof versionStatistics>;
export type ModelStatisticsDocument = z.output<typeof modelStatistics>;
export type ServerStatisticsDocument = z.output<typeof serverStatistics>;
