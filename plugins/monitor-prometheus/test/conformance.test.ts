import { testMonitor } from "@plinth/conformance";
import { PrometheusMonitor } from "../src/index.js";

testMonitor(
  "@plinth/monitor-prometheus",
  () => new PrometheusMonitor(new Map([["/metrics", ["plinth", "tensorflow-serving", "triton"]]])),
);
