import type { RequestFinished, ServerEvent } from "@plinth/core";
import { exponentialBuckets, Registry } from "prom-client";
import { LabelledCounter, LabelledHistogram } from "../labelled.js";
import type { Figures, MetricNames } from "../metric-names.js";

/** Bounds of TensorFlow Serving's own latencies, in microseconds. */
const LATENCY_BOUNDS = exponentialBuckets(10, 1.8, 33).map(Math.round);

const EXAMPLE_BOUNDS = exponentialBuckets(1, 2, 15);

/** Beyond what a model of TensorFlow is run by. */
const RUNTIME = "Plinth";

const MICROSECONDS = 1_000;

/** Under TensorFlow Serving's names, for dashboards that are there already. Models that do not exist are counted without a name. */
export class TensorflowServingMetrics implements MetricNames {
  readonly registry: Registry = new Registry();
  readonly #requests = this.#counter("request_count", "The total number of requests.");
  readonly #latency = this.#histogram("request_latency", "Latency of requests, in microseconds.", LATENCY_BOUNDS);
  readonly #runtime = this.#histogram("runtime_latency", "Latency of the run, in microseconds.", LATENCY_BOUNDS);
  readonly #examples = this.#histogram("request_example_counts", "Examples in a request.", EXAMPLE_BOUNDS);
  readonly #allExamples = this.#counter("request_example_count_total", "The total number of examples.");
  readonly #processed = this.#histogram(
    "batching_session:processed_batch_size",
    "Rows of a batch as it is run.",
    EXAMPLE_BOUNDS,
  );

  observe(event: ServerEvent): void {
    if (event.type === "request-finished") this.#finished(event);
    else if (event.type === "batch-run") {
      this.#processed.series({ thread_pool_name: event.model }).add(event.rows + event.paddingRows);
    }
  }

  read(_figures: Figures): void {}

  #finished({ model = "", error, origin, durationMs, timings, rows }: RequestFinished): void {
    this.#requests.series({ model_name: model, status: error?.code ?? "OK" }).add();
    if (error !== undefined || timings === undefined) return;
    const api = origin?.method ?? "";
    const entrypoint = origin?.protocol.toUpperCase() ?? "";
    this.#latency.series({ model_name: model, API: api, entrypoint }).add(durationMs * MICROSECONDS);
    this.#runtime.series({ model_name: model, API: api, runtime: RUNTIME }).add(timings.computeMs * MICROSECONDS);
    this.#examples.series({ model }).add(rows);
    this.#allExamples.series({ model }).add(rows);
  }

  #counter(name: string, help: string): LabelledCounter {
    return new LabelledCounter(this.registry, fullName(name), help);
  }

  #histogram(name: string, help: string, bounds: readonly number[]): LabelledHistogram {
    return new LabelledHistogram(this.registry, fullName(name), help, bounds);
  }
}

/** As it stands in the code, every slash as a colon. */
function fullName(name: string): string {
  return `:tensorflow:serving:${name}`;
}
