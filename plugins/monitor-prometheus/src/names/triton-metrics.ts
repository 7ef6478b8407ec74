import type { ErrorCode, ServerEvent, VersionStatistics } from "@plinth/core";
import { Registry } from "prom-client";
import { type Count, LabelledCounter } from "../labelled.js";
import type { Figures, MetricNames } from "../metric-names.js";

/** Triton's reasons of failure; all other codes are `OTHER`. */
const REASONS: Partial<Record<ErrorCode, string>> = {
  CANCELLED: "CANCELED",
  RESOURCE_EXHAUSTED: "REJECTED",
  DEADLINE_EXCEEDED: "REJECTED",
  UNAVAILABLE: "REJECTED",
  INTERNAL: "BACKEND",
};

const MICROSECONDS = 1_000;

/** What each counter is of, in the order in which Triton prints them. https://github.com/triton-inference-server/server metrics.md */
const COUNTERS: readonly (readonly [name: string, help: string, read: (version: VersionStatistics) => number])[] = [
  ["nv_inference_request_success", "Successful inference requests", ({ total }) => total.succeeded.count],
  ["nv_inference_count", "Inferences performed, each row of a batch as one", ({ total }) => total.inferences],
  ["nv_inference_exec_count", "Runs of the model, each for one batch", ({ total }) => total.executions],
  ["nv_inference_request_duration_us", "Time of requests, in microseconds", ({ total }) => us(total.succeeded.ms)],
  ["nv_inference_queue_duration_us", "Time in the queue, in microseconds", ({ total }) => us(total.queue.ms)],
  ["nv_inference_compute_input_duration_us", "Time of decoding, in microseconds", ({ total }) => us(total.decode.ms)],
  ["nv_inference_compute_infer_duration_us", "Time of running, in microseconds", ({ total }) => us(total.compute.ms)],
  ["nv_inference_compute_output_duration_us", "Time of encoding, in microseconds", ({ total }) => us(total.encode.ms)],
];

/** Triton's `nv_inference_*`, read from the server's own statistics, so that they cost nothing between two readings. */
export class TritonMetrics implements MetricNames {
  readonly registry: Registry = new Registry();
  readonly #counters = COUNTERS.map(([name, help, read]) => ({
    counter: new LabelledCounter(this.registry, name, help),
    read,
  }));
  readonly #failures = new LabelledCounter(this.registry, "nv_inference_request_failure", "Failed requests by reason");
  readonly #pending = new LabelledCounter(
    this.registry,
    "nv_inference_pending_request_count",
    "Requests that wait for the model now",
    "gauge",
  );

  observe(_event: ServerEvent): void {}

  read({ statistics }: Figures): void {
    for (const version of statistics.models().flatMap(({ versions }) => versions)) {
      const labels = { model: version.model, version: String(version.version) };
      for (const { counter, read } of this.#counters) set(counter.series(labels), read(version));
      set(this.#pending.series(labels), version.queued);
      const failures = new Map<string, number>();
      for (const [code, count] of version.total.errors) {
        const reason = REASONS[code] ?? "OTHER";
        failures.set(reason, (failures.get(reason) ?? 0) + count);
      }
      for (const [reason, count] of failures) set(this.#failures.series({ ...labels, reason }), count);
    }
  }
}

function set(count: Count, value: number): void {
  count.value = value;
}

function us(ms: number): number {
  return Math.round(ms * MICROSECONDS);
}
