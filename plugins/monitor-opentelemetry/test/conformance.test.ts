import { testMonitor } from "@plinth/conformance";
import { monitorFor } from "./monitor-for.js";

// Nobody listens there.
testMonitor("@plinth/monitor-opentelemetry", () =>
  monitorFor("http://127.0.0.1:9/v1/traces", { ratio: 1, exportTimeoutMs: 100 }),
);
