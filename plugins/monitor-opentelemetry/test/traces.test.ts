import { PlinthError, type RequestFinished } from "@plinth/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { OpenTelemetryMonitor } from "../src/index.js";
import { TraceChooser } from "../src/trace-choice.js";
import { type CollectedSpan, Collector } from "./collector.js";
import { HeardLogger, monitorFor } from "./monitor-for.js";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = "b7ad6b7169203331";
const STARTED_AT_MS = Date.parse("2026-01-01T00:00:00Z");

let collector: Collector;
let monitor: OpenTelemetryMonitor;

beforeEach(async () => {
  collector = await Collector.start();
});

afterEach(async () => {
  await monitor[Symbol.asyncDispose]();
  await collector[Symbol.asyncDispose]();
});

async function start(options: object = {}, logger = new HeardLogger()): Promise<void> {
  monitor = monitorFor(collector.url, options, logger);
  await monitor.start();
}

function finished(facts: Partial<RequestFinished> = {}): RequestFinished {
  return {
    type: "request-finished",
    model: "digits",
    version: 2n,
    signature: "serving_default",
    error: undefined,
    startedAtMs: STARTED_AT_MS,
    durationMs: 10,
    timings: { receiveMs: 1, loadMs: undefined, decodeMs: 2, queueMs: 1, computeMs: 3, encodeMs: 0.5 },
    rows: 3,
    origin: {
      protocol: "grpc",
      method: "Predict",
      requestId: "7",
      traceparent: `00-${TRACE}-${PARENT}-01`,
      tracestate: "a=1",
    },
    sample: undefined,
    ...facts,
  };
}

function collected(count: number): Promise<readonly CollectedSpan[]> {
  return vi.waitFor(
    () => {
      expect(collector.spans.length).toBeGreaterThanOrEqual(count);
      return collector.spans;
    },
    { timeout: 10_000 },
  );
}

function attributesOf({ attributes }: Pick<CollectedSpan, "attributes">): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}

/** When a span began and ended, in milliseconds after the request. */
function timesOf({ startTimeUnixNano, endTimeUnixNano }: CollectedSpan): readonly number[] {
  return [startTimeUnixNano, endTimeUnixNano].map(
    (nano) => Number(BigInt(nano) - BigInt(STARTED_AT_MS) * 1_000_000n) / 1e6,
  );
}

describe("a traced request", () => {
  it("arrives at the collector as a part of its client's trace, with each part of its way", async () => {
    await start({
      serviceName: "models",
      headers: { "x-key": "secret" },
      attributes: { "deployment.environment.name": "test" },
    });
    monitor.observe(finished());
    const spans = await collected(6);
    const request =
      spans.find(({ name }) => name === "Predict digits") ?? expect.fail("there is no span of the request");
    expect(request).toMatchObject({ traceId: TRACE, parentSpanId: PARENT, traceState: "a=1", kind: 2 });
    expect(timesOf(request)).toEqual([0, 10]);
    expect(attributesOf(request)).toEqual({
      "plinth.model": "digits",
      "plinth.version": "2",
      "plinth.signature": "serving_default",
      "plinth.protocol": "grpc",
      "plinth.request_id": "7",
      "plinth.rows": 3,
    });
    const parts = spans.filter(({ parentSpanId }) => parentSpanId === request.spanId);
    expect(parts.map((part) => [part.name, timesOf(part)])).toEqual([
      ["receive", [0, 1]],
      ["decode", [1, 3]],
      ["queue", [3, 4]],
      ["compute", [4, 7]],
      ["encode", [9.5, 10]],
    ]);
    for (const { traceId } of parts) expect(traceId).toBe(TRACE);
    expect(collector.headers).toEqual(["secret"]);
    expect(attributesOf({ attributes: collector.resources[0] ?? [] })).toMatchObject({
      "service.name": "models",
      "deployment.environment.name": "test",
    });
  });

  it("is marked where the server failed, and not where the client did", async () => {
    await start();
    const failed = { timings: undefined, rows: 1 };
    monitor.observe(finished({ ...failed, error: new PlinthError("MODEL_RUN_FAILED", "boom") }));
    monitor.observe(finished({ ...failed, error: new PlinthError("INPUT_MISSING", "no x") }));
    const spans = await collected(2);
    expect(spans.map((span) => [attributesOf(span)["error.type"], span.status.code])).toEqual([
      ["MODEL_RUN_FAILED", 2],
      ["INPUT_MISSING", 0],
    ]);
  });

  it("is a trace of its own where its client has none", async () => {
    await start({ ratio: 1 });
    monitor.observe(finished({ origin: undefined }));
    const [request] = (await collected(6)).filter(({ name }) => name === "infer digits");
    expect(request?.parentSpanId ?? "").toBe("");
    expect(request?.traceId).not.toBe(TRACE);
  });
});

describe("a load", () => {
  it("is a span", async () => {
    await start();
    monitor.observe({
      type: "version-state-changed",
      model: "digits",
      version: 2n,
      from: "loading",
      to: "available",
      afterMs: 5,
      error: undefined,
      atMs: STARTED_AT_MS + 5,
    });
    const [load] = await collected(1);
    expect(load).toMatchObject({ name: "load digits" });
    expect(timesOf(load as CollectedSpan)).toEqual([0, 5]);
  });
});

describe("whether a request is traced", () => {
  const choose = (traceparent: string | undefined, random: number) =>
    new TraceChooser({ ratio: 0.1, maxPerSecond: 5 }, () => random).choose({ protocol: "rest", traceparent }, 0);

  it.each<[string, string | undefined, number, boolean]>([
    ["a trace that is recorded", `00-${TRACE}-${PARENT}-01`, 0.99, true],
    ["a trace that is not recorded", `00-${TRACE}-${PARENT}-00`, 0, false],
    ["no trace, drawn", undefined, 0.09, true],
    ["no trace, not drawn", undefined, 0.1, false],
    ["what is no trace, drawn", "00-zz", 0.09, true],
    ["a trace of zeros, not drawn", `00-${"0".repeat(32)}-${PARENT}-01`, 0.5, false],
  ])("with %s", (_what, traceparent, random, isTraced) => {
    expect(choose(traceparent, random) !== undefined).toBe(isTraced);
  });

  it("is bounded, whatever clients ask for", () => {
    const chooser = new TraceChooser({ ratio: 0, maxPerSecond: 5 });
    const origin = { protocol: "rest", traceparent: `00-${TRACE}-${PARENT}-01` };
    const traced = (nowMs: number) =>
      Array.from({ length: 100 }, () => chooser.choose(origin, nowMs)).filter((choice) => choice !== undefined).length;
    expect([traced(0), traced(999), traced(1_000)]).toEqual([5, 0, 5]);
  });
});

describe("a collector", () => {
  it("that refuses costs a line in the log, and is told again once it takes spans", async () => {
    const logger = new HeardLogger();
    collector.answers = "with 400";
    await start({ maxPerSecond: 1_000 }, logger);
    monitor.observe(finished());
    await vi.waitFor(() => expect(logger.lines).toEqual([expect.stringContaining("cannot be sent")]), {
      timeout: 10_000,
    });
    collector.answers = "well";
    monitor.observe(finished());
    await collected(6);
    await vi.waitFor(() => expect(logger.lines).toHaveLength(2));
  });

  it("that hangs holds up neither requests nor the end, and spans past the bound are dropped", async () => {
    collector.answers = "never";
    await start({ maxQueuedSpans: 16, maxPerSecond: 10_000, exportTimeoutMs: 60_000 });
    for (let request = 0; request < 1_000; request++) monitor.observe(finished());
    await vi.waitFor(() => expect(collector.headers.length).toBeGreaterThan(0));
    await monitor[Symbol.asyncDispose]();
    expect(collector.spans).toEqual([]);
  });
});
