import { definePlugin, ModelServer, Monitor, type Plugin, Route, ServerStatistics } from "@plinth/core";
import { metricsRoute, pagesOf } from "./metrics-pages.js";
import { type PrometheusOptions, prometheusOptions } from "./options.js";
import { PrometheusMonitor } from "./prometheus-monitor.js";

export const plugin: Plugin<PrometheusOptions> = definePlugin({
  name: "@plinth/monitor-prometheus",
  apiVersion: 1,
  config: prometheusOptions,
  register(registry, options) {
    const monitor = new PrometheusMonitor(pagesOf(options));
    registry.provide(Monitor, () => monitor);
    for (const path of pagesOf(options).keys()) {
      registry.provide(Route, (services) =>
        metricsRoute(path, monitor, { server: services.get(ModelServer), statistics: services.get(ServerStatistics) }),
      );
    }
  },
});
