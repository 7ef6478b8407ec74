import type { RequestFinished } from "@plinth/core";
import { exponentialBuckets, type Registry } from "prom-client";
import { type Buckets, type Count, LabelledCounter, LabelledHistogram, type Labels } from "../labelled.js";

/** From 0.1 ms to 52 s, each twice the one before. */
const DURATION_BOUNDS_SECONDS = exponentialBuckets(0.0001, 2, 20);

const SECONDS = 1 / 1_000;

/** What is told of the requests to one signature of one version over one protocol. */
interface RequestSeries {
  readonly succeeded: Count;
  readonly duration: Buckets;
  readonly queue: Buckets;
  readonly compute: Buckets;
  readonly decode: Buckets;
  readonly encode: Buckets;
}

/** Most combinations of labels whose series are kept at hand. */
const MAX_KEPT = 10_000;

/** Requests: how many, how long, and how long each part of their way. */
export class RequestMetrics {
  readonly #requests: LabelledCounter;
  readonly #duration: LabelledHistogram;
  readonly #parts: LabelledHistogram;
  readonly #kept = new Map<string, RequestSeries>();

  constructor(registry: Registry) {
    this.#requests = new LabelledCounter(registry, "plinth_requests_total", "Requests for inference, by gRPC's code");
    this.#duration = new LabelledHistogram(
      registry,
      "plinth_request_duration_seconds",
      "Time of requests that succeeded, from their arrival until their answer was written",
      DURATION_BOUNDS_SECONDS,
    );
    this.#parts = new LabelledHistogram(
      registry,
      "plinth_request_part_seconds",
      "Time of the parts of a request's way: decode, queue, compute, encode",
      DURATION_BOUNDS_SECONDS,
    );
  }

  finished(event: RequestFinished): void {
    const { error, timings, durationMs } = event;
    if (error !== undefined || timings === undefined) {
      this.#requests.series({ ...requestLabels(event), code: error?.code ?? "OK" }).add();
      return;
    }
    const series = this.#seriesOf(event);
    series.succeeded.add();
    series.duration.add(durationMs * SECONDS);
    series.queue.add(timings.queueMs * SECONDS);
    series.compute.add(timings.computeMs * SECONDS);
    if (timings.decodeMs !== undefined) series.decode.add(timings.decodeMs * SECONDS);
    if (timings.encodeMs !== undefined) series.encode.add(timings.encodeMs * SECONDS);
  }

  drop(isGone: (labels: Labels) => boolean): void {
    this.#kept.clear();
    for (const metric of [this.#requests, this.#duration, this.#parts]) metric.drop(isGone);
  }

  #seriesOf(event: RequestFinished): RequestSeries {
    const { model, version, signature, origin } = event;
    const key = `${model}\n${version}\n${signature}\n${origin?.protocol}`;
    const known = this.#kept.get(key);
    if (known !== undefined) return known;
    const labels = requestLabels(event);
    const part = (name: string) => this.#parts.series({ model: labels.model, version: labels.version, part: name });
    const made = {
      succeeded: this.#requests.series({ ...labels, code: "OK" }),
      duration: this.#duration.series(labels),
      queue: part("queue"),
      compute: part("compute"),
      decode: part("decode"),
      encode: part("encode"),
    };
    if (this.#kept.size < MAX_KEPT) this.#kept.set(key, made);
    return made;
  }
}

/** What is not known is empty, which is to Prometheus as if it were not there. */
function requestLabels({ model = "", version, signature = "", origin }: RequestFinished) {
  return { model, version: version === undefined ? "" : String(version), signature, protocol: origin?.protocol ?? "" };
}
