export { OpenTelemetryMonitor, type OpenTelemetryMonitorOptions } from "./opentelemetry-monitor.js";
export { type OpenTelemetryOptions, openTelemetryOptions } from "./options.js";
export { plugin } from "./plugin.js";
