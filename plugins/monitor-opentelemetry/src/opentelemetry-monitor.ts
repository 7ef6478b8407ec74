import type { Tracer } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { AlwaysOnSampler, BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import type { Logger, Monitor, ServerEvent } from "@plinth/core";
import { LoggedExporter } from "./logged-exporter.js";
import type { OpenTelemetryOptions } from "./options.js";
import { recordLoad, recordRequest } from "./request-spans.js";
import { TraceChooser } from "./trace-choice.js";

export interface OpenTelemetryMonitorOptions extends OpenTelemetryOptions {
  readonly logger: Logger;
}

/** Spans of one export. */
const MAX_BATCH = 512;

/** Longest that stopping waits for the collector to take what is left, in milliseconds. */
const SHUTDOWN_MS = 3_000;

/** Makes spans of events that are over, for those requests that are traced. Nothing of it is set as OpenTelemetry's global state. */
export class OpenTelemetryMonitor implements Monitor {
  readonly name = "opentelemetry";
  readonly #options: OpenTelemetryMonitorOptions;
  readonly #chooser: TraceChooser;
  #provider: TracerProvider | undefined;
  #tracer: Tracer | undefined;

  constructor(options: OpenTelemetryMonitorOptions) {
    this.#options = options;
    this.#chooser = new TraceChooser(options);
  }

  async start(): Promise<void> {
    const { url, headers, serviceName, attributes, maxQueuedSpans, exportIntervalMs, exportTimeoutMs, logger } =
      this.#options;
    const exporter = new OTLPTraceExporter({ url, headers, timeoutMillis: exportTimeoutMs });
    const processor = new BatchSpanProcessor({
      exporter: new LoggedExporter(exporter, logger),
      maxQueueSize: maxQueuedSpans,
      maxExportBatchSize: Math.min(MAX_BATCH, maxQueuedSpans),
      scheduledDelayMillis: exportIntervalMs,
      exportTimeoutMillis: exportTimeoutMs,
    });
    this.#provider = new TracerProvider({
      resource: resourceFromAttributes({ "service.name": serviceName, ...attributes }),
      // What is not to be traced never becomes a span.
      sampler: new AlwaysOnSampler(),
      spanProcessors: [processor],
    });
    this.#tracer = this.#provider.getTracer("@plinth/monitor-opentelemetry");
  }

  observe(event: ServerEvent): void {
    const tracer = this.#tracer;
    if (tracer === undefined) return;
    if (event.type === "version-state-changed") recordLoad(tracer, event);
    if (event.type !== "request-finished") return;
    const choice = this.#chooser.choose(event.origin, performance.now());
    if (choice !== undefined) recordRequest(tracer, event, choice.parent);
  }

  /** Sends what is left, as far as the collector takes it in time. */
  async [Symbol.asyncDispose](): Promise<void> {
    const provider = this.#provider;
    this.#provider = undefined;
    this.#tracer = undefined;
    if (provider === undefined) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, SHUTDOWN_MS);
    });
    await Promise.race([provider.shutdown().catch(() => {}), late]);
    clearTimeout(timer);
  }
}
