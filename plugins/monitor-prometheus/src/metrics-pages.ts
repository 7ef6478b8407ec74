import type { Route } from "@plinth/core";
import { Registry } from "prom-client";
import type { Figures, MetricNames } from "./metric-names.js";
import { PlinthMetrics } from "./names/plinth-metrics.js";
import { TensorflowServingMetrics } from "./names/tensorflow-serving-metrics.js";
import { TritonMetrics } from "./names/triton-metrics.js";
import type { PrometheusOptions } from "./options.js";
import type { PrometheusMonitor } from "./prometheus-monitor.js";

export type MetricsKind = "plinth" | "tensorflow-serving" | "triton";

const MAKERS: Readonly<Record<MetricsKind, () => MetricNames>> = {
  plinth: () => new PlinthMetrics(),
  "tensorflow-serving": () => new TensorflowServingMetrics(),
  triton: () => new TritonMetrics(),
};

/** Whose names are at which path; several may share one. */
export function pagesOf(options: PrometheusOptions): ReadonlyMap<string, readonly MetricsKind[]> {
  const { path, tensorflowServingPath, tritonPath } = options;
  const wanted: readonly (readonly [MetricsKind, string | false | undefined])[] = [
    ["plinth", path],
    ["tensorflow-serving", tensorflowServingPath],
    ["triton", tritonPath],
  ];
  const pages = new Map<string, MetricsKind[]>();
  for (const [kind, at] of wanted) {
    if (at === undefined || at === false) continue;
    pages.set(at, [...(pages.get(at) ?? []), kind]);
  }
  return pages;
}

export function createNames(kind: MetricsKind): MetricNames {
  return MAKERS[kind]();
}

/** Prints one page in Prometheus's text format, version 0.0.4. */
export function metricsRoute(path: string, monitor: PrometheusMonitor, figures: Figures): Route {
  return {
    method: "GET",
    path,
    access: "public",
    description: async () => ({
      id: `metrics at ${path}`.replace(/\W+/g, "_"),
      summary: "Metrics of the server and its models.",
      answer: { description: "Prometheus's text format.", mediaType: "text/plain" },
    }),
    handle: async () => {
      const body = await monitor.page(path, figures);
      return new Response(body, { headers: { "content-type": Registry.PROMETHEUS_CONTENT_TYPE } });
    },
  };
}
