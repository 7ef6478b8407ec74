import type { ModelList, ServerStatisticsDocument, VersionStatisticsDocument } from "@plinth/management";
import { table } from "./table.js";

/** What two looks at the totals of a version, some time apart, tell of the time between. */
export interface LiveRates {
  readonly requestsPerSecond: number;
  readonly failedPerSecond: number;
}

type RatesOf = (version: VersionStatisticsDocument) => LiveRates;

/** Of the last minute. */
export function minuteRates({ minute }: VersionStatisticsDocument): LiveRates {
  const { requestsPerSecond, failed, spanMs } = minute;
  return { requestsPerSecond, failedPerSecond: (failed / spanMs) * 1_000 };
}

/** Since an earlier look; of the last minute where there was none, or the server was started anew since. */
export function ratesSince(earlier: ServerStatisticsDocument | undefined, elapsedMs: number): RatesOf {
  const before = new Map(
    (earlier?.models ?? []).flatMap(({ versions }) => versions.map((each) => [keyOf(each), each.total] as const)),
  );
  return (version) => {
    const then = before.get(keyOf(version));
    const { succeeded, failed } = version.total;
    const answered = succeeded.count - (then?.succeeded.count ?? Number.POSITIVE_INFINITY);
    const refused = failed.count - (then?.failed.count ?? Number.POSITIVE_INFINITY);
    if (answered < 0 || refused < 0) return minuteRates(version);
    const perSecond = 1_000 / elapsedMs;
    return { requestsPerSecond: (answered + refused) * perSecond, failedPerSecond: refused * perSecond };
  };
}

/** A line for each version that was loaded since the start; times in milliseconds, of the last minute. */
export function statisticsTable(
  statistics: ServerStatisticsDocument,
  models: ModelList,
  ratesOf: RatesOf = minuteRates,
): string {
  const states = new Map(
    models.items.flatMap(({ versions }) => versions.map((each) => [keyOf(each), each.state] as const)),
  );
  const versions = statistics.models.flatMap((model) => model.versions);
  if (versions.length === 0) return "No version was loaded yet.";
  return table(
    [
      "model",
      "version",
      "state",
      "req/s",
      "err/s",
      "p50",
      "p95",
      "p99",
      "queue p99",
      "compute p99",
      "in flight",
      "queued",
    ],
    versions.map((version) => {
      const { requestsPerSecond, failedPerSecond } = ratesOf(version);
      const { latency, queue, compute } = version.minute;
      return [
        version.model,
        version.version,
        states.get(keyOf(version)) ?? "",
        figure(requestsPerSecond),
        figure(failedPerSecond),
        figure(latency?.p50),
        figure(latency?.p95),
        figure(latency?.p99),
        figure(queue?.p99),
        figure(compute?.p99),
        String(version.inFlight),
        String(version.queued),
      ];
    }),
  );
}

/** Three figures that count, as `0.123`, `12.3` and `1234`; nothing for nothing. */
export function figure(value: number | undefined): string {
  if (value === undefined) return "";
  if (value === 0) return "0";
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function keyOf({ model, version }: { readonly model: string; readonly version: string }): string {
  return `${version}/${model}`;
}
