import { type Location, mappingOf, type SourceNode, treeOf } from "@plinth/core";
import { fieldOf, messageOf } from "@plinth/text-format";
import type { FileMessage } from "./read-text-file.js";

/** Where TensorFlow Serving prints its metrics when the file names no path (http_rest_prediction_handler's PrometheusConfig). */
const DEFAULT_PATH = "/monitoring/prometheus/metrics";

/** Makes one of `monitors:` of a MonitoringConfig, under TensorFlow Serving's names alone; none where it is not enabled. */
export function monitorsOf({ file, message }: FileMessage): readonly SourceNode[] {
  const prometheus = messageOf(message, "prometheus_config");
  if (prometheus === undefined || fieldOf(prometheus, "enable")?.value !== true) return [];
  const path = fieldOf(prometheus, "path");
  const at: Location = { ...prometheus.at, file };
  const pathAt: Location = { ...(path?.valueAt ?? prometheus.at), file };
  const text = path?.value === undefined || path.value === "" ? DEFAULT_PATH : path.value;
  return [
    mappingOf(at, [
      ["use", { keyAt: at, node: treeOf("prometheus", at) }],
      ["path", { keyAt: at, node: treeOf(false, at) }],
      ["tensorflowServingPath", { keyAt: pathAt, node: treeOf(text, pathAt) }],
    ]),
  ];
}
