export { type PrometheusOptions, prometheusOptions } from "./options.js";
export { plugin } from "./plugin.js";
export { PrometheusMonitor } from "./prometheus-monitor.js";
