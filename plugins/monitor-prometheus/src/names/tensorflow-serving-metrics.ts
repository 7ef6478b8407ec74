import type { RequestFinished, ServerEvent } from "@plinth/core";
import { exponentialBuckets, Registry } from "prom-client";
import { type Buckets, type Count, LabelledCounter, LabelledHistogram } from "../labelled.js";
import type { Figures, MetricNames } from "../metric-names.js";

/** Bounds of TensorFlow Serving's own latencies, in microseconds. */
const LATENCY_BOUNDS = exponentialBuckets(10, 1.8, 33).map(Math.round);

const EXAMPLE_BOUNDS = exponentialBuckets(1, 2, 15);

/** The value of the label `runtime`, which names what runs models. */
const RUNTIME = "Plinth";

const MICROSECONDS = 1_000;

/** Most combinations of labels whose series are kept at hand. */
const MAX_KEPT = 10_000;

interface AnsweredSeries {
  readonly requests: Count;
  readonly latency: Buckets;
  readonly runtime: Buckets;
  readonly examples: Buckets;
  readonly allExamples: Count;
}

/** Under TensorFlow Serving's names, for dashboards that are there already. Models that do not exist are counted without a name. */
export class TensorflowServingMetrics implements MetricNames {
  readonly registry: Registry = new Registry();
  readonly #kept = new Map<string, AnsweredSeries>();
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

  #finished(event: RequestFinished): void {
    const { model = "", error, durationMs, timings, rows } = event;
    if (error !== undefined || timings === undefined) {
      this.#requests.series({ model_name: model, status: error?.code ?? "OK" }).add();
      return;
    }
    const series = this.#seriesOf(event);
    series.requests.add();
    series.latency.add(durationMs * MICROSECONDS);
    series.runtime.add(timings.computeMs * MICROSECONDS);
    series.examples.add(rows);
    series.allExamples.add(rows);
  }

  /** Those of a request that went well, kept at hand, since looking labels up costs more than counting. */
  #seriesOf({ model = "", origin }: RequestFinished): AnsweredSeries {
    const [api, protocol] = [origin?.method ?? "", origin?.protocol ?? ""];
    const key = `${model}\n${api}\n${protocol}`;
    const known = this.#kept.get(key);
    if (known !== undefined) return known;
    const made = {
      requests: this.#requests.series({ model_name: model, status: "OK" }),
      latency: this.#latency.series({ model_name: model, API: api, entrypoint: protocol.toUpperCase() }),
      runtime: this.#runtime.series({ model_name: model, API: api, runtime: RUNTIME }),
      examples: this.#examples.series({ model }),
      allExamples: this.#allExamples.series({ model }),
    };
    if (this.#kept.size < MAX_KEPT) this.#kept.set(key, made);
    return made;
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
