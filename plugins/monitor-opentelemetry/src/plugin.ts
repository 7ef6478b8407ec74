import { definePlugin, Logger, Monitor, type Plugin } from "@plinth/core";
import { OpenTelemetryMonitor } from "./opentelemetry-monitor.js";
import { type OpenTelemetryOptions, openTelemetryOptions } from "./options.js";

export const plugin: Plugin<OpenTelemetryOptions> = definePlugin({
  name: "@plinth/monitor-opentelemetry",
  apiVersion: 1,
  config: openTelemetryOptions,
  register(registry, options) {
    registry.provide(Monitor, (services) => new OpenTelemetryMonitor({ ...options, logger: services.get(Logger) }));
  },
});
