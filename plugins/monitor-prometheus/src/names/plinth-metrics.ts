import type { BatchRun, ServerEvent, VersionStateChanged } from "@plinth/core";
import { collectDefaultMetrics, exponentialBuckets, Registry } from "prom-client";
import { LabelledCounter, LabelledHistogram, type Labels } from "../labelled.js";
import type { Figures, MetricNames } from "../metric-names.js";
import { RequestMetrics } from "./request-metrics.js";
import { ServerGauges } from "./server-gauges.js";

const ROW_BOUNDS = exponentialBuckets(1, 2, 12);

/** From 10 ms to 11 minutes. */
const LOAD_BOUNDS_SECONDS = exponentialBuckets(0.01, 4, 9);

/** How long the figures of a version that has gone are still told, in milliseconds: some readings more. */
const GONE_RETENTION_MS = 600_000;

const SECONDS = 1 / 1_000;

/** Plinth's own metrics. docs/monitoring.md lists them. */
export class PlinthMetrics implements MetricNames {
  readonly registry: Registry = new Registry();
  readonly #requests = new RequestMetrics(this.registry);
  readonly #gauges = new ServerGauges(this.registry);
  readonly #batchRows = new LabelledHistogram(
    this.registry,
    "plinth_batch_rows",
    "Rows of the requests that were run together",
    ROW_BOUNDS,
  );
  readonly #batchRequests = new LabelledHistogram(
    this.registry,
    "plinth_batch_requests",
    "Requests that were run together",
    ROW_BOUNDS,
  );
  readonly #padding = new LabelledCounter(
    this.registry,
    "plinth_batch_padding_rows_total",
    "Rows that were added to reach an allowed batch size",
  );
  readonly #loads = new LabelledHistogram(
    this.registry,
    "plinth_model_load_seconds",
    "Time of loading and warming up a version, by how it ended",
    LOAD_BOUNDS_SECONDS,
  );
  readonly #changes = new LabelledCounter(
    this.registry,
    "plinth_deployment_changes_total",
    "Changes of what is to run, by kind",
  );
  readonly #shadows = new LabelledCounter(
    this.registry,
    "plinth_shadow_comparisons_total",
    "Mirrored requests, by whether the answers agreed",
  );
  readonly #errors = new LabelledCounter(
    this.registry,
    "plinth_errors_total",
    "Failures that no client is told of, by reason",
  );
  readonly #goneSinceMs = new Map<
    string,
    { readonly model: string; readonly version: string; readonly atMs: number }
  >();

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  observe(event: ServerEvent): void {
    switch (event.type) {
      case "request-finished":
        this.#requests.finished(event);
        return;
      case "batch-run":
        this.#batched(event);
        return;
      case "version-state-changed":
        this.#stateChanged(event);
        return;
      case "deployment-changed":
        this.#changes.series({ model: event.revision.model, kind: event.revision.action.kind }).add();
        return;
      case "shadow-compared": {
        const { model, version, shadowVersion, error, agreed } = event;
        const outcome = error !== undefined ? "failed" : agreed ? "agreed" : "differed";
        const versions = { version: String(version), shadow_version: String(shadowVersion) };
        this.#shadows.series({ model, ...versions, outcome }).add();
        return;
      }
      case "error-occurred":
        this.#errors.series({ model: event.model ?? "", reason: event.error.reason }).add();
    }
  }

  read(figures: Figures): void {
    this.#gauges.read(figures);
    this.#forgetGone();
  }

  #batched({ model, version, signature, requests, rows, paddingRows }: BatchRun): void {
    const labels = { model, version: String(version), signature };
    this.#batchRows.series(labels).add(rows);
    this.#batchRequests.series(labels).add(requests);
    this.#padding.series(labels).add(paddingRows);
  }

  #stateChanged({ model, version: number, from, to, afterMs, atMs }: VersionStateChanged): void {
    const version = String(number);
    const key = `${version}/${model}`;
    if (from === "loading" && afterMs !== undefined && (to === "available" || to === "error")) {
      this.#loads.series({ model, outcome: to }).add(afterMs * SECONDS);
    }
    if (to === "end") this.#goneSinceMs.set(key, { model, version, atMs });
    else this.#goneSinceMs.delete(key);
  }

  #forgetGone(): void {
    for (const [key, gone] of this.#goneSinceMs) {
      if (Date.now() - gone.atMs < GONE_RETENTION_MS) continue;
      this.#goneSinceMs.delete(key);
      const isGone = ({ model, version }: Labels) => model === gone.model && version === gone.version;
      this.#requests.drop(isGone);
      for (const metric of [this.#batchRows, this.#batchRequests, this.#padding]) metric.drop(isGone);
    }
  }
}
