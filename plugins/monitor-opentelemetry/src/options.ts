import { SECRET } from "@plinth/core";
import { z } from "zod";

/** Where a collector on this machine listens. */
const DEFAULT_URL = "http://127.0.0.1:4318/v1/traces";

export interface OpenTelemetryOptions {
  /** Where traces are sent to, over OTLP/HTTP. */
  readonly url: string;
  /** Sent along, as for a collector that wants a key. */
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
  /** Further attributes of the resource, as `deployment.environment.name`. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Share of the requests without a trace of their own that get one, 0 to 1. */
  readonly ratio: number;
  /** Most requests that are traced in a second, whatever their clients ask for. */
  readonly maxPerSecond: number;
  /** Most spans that wait to be sent; further ones are dropped. */
  readonly maxQueuedSpans: number;
  /** How often they are sent, in milliseconds. */
  readonly exportIntervalMs: number;
  readonly exportTimeoutMs: number;
}

export const openTelemetryOptions: z.ZodType<OpenTelemetryOptions> = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .default(DEFAULT_URL)
    .describe(`Where traces are sent to, over OTLP/HTTP as JSON. Default: ${DEFAULT_URL}`),
  headers: z
    .record(z.string(), z.string().meta(SECRET))
    .default({})
    .describe("Headers that are sent along, as for a collector that wants a key."),
  serviceName: z.string().min(1).default("plinth").describe("What the server is called in traces."),
  attributes: z
    .record(z.string(), z.string())
    .default({})
    .describe("Further attributes of the server, as deployment.environment.name."),
  ratio: z
    .number()
    .min(0)
    .max(1)
    .default(0.01)
    .describe("Share of the requests without a trace of their own that get one. Those with one do as it says."),
  maxPerSecond: z
    .int()
    .min(1)
    .max(10_000)
    .default(20)
    .describe("Most requests that are traced in a second, whatever their clients ask for."),
  maxQueuedSpans: z
    .int()
    .min(16)
    .max(1_000_000)
    .default(4_096)
    .describe("Most spans that wait to be sent; further ones are dropped."),
  exportIntervalMs: z.int().min(10).max(600_000).default(5_000).describe("How often spans are sent, in milliseconds."),
  exportTimeoutMs: z
    .int()
    .min(10)
    .max(600_000)
    .default(10_000)
    .describe("How long the collector may take, in milliseconds."),
});
