import { type Monitor, PlinthError, type RequestFinished, type ServerEvent, type Tensor } from "@plinth/core";
import { describe, expect, it } from "vitest";

const { signal: NEVER } = new AbortController();

const FINISHED: RequestFinished = {
  type: "request-finished",
  model: "digits",
  version: 2n,
  signature: "serving_default",
  error: undefined,
  startedAtMs: Date.parse("2026-01-01"),
  durationMs: 3,
  timings: { receiveMs: 0.1, loadMs: undefined, decodeMs: 0.2, queueMs: 0.1, computeMs: 2, encodeMs: undefined },
  rows: 2,
  origin: {
    protocol: "rest",
    method: "predict",
    requestId: '7\n\u0000{}"',
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    tracestate: "congo=t61rcWkgMzE",
  },
  sample: undefined,
};

const X = new Map<string, Tensor>([
  ["x", { dtype: "float32", shape: [2, 1], data: new Float32Array([1, Number.NaN]) }],
  ["words", { dtype: "string", shape: [2], data: [new Uint8Array([0xff, 0]), new Uint8Array()] }],
]);

const EVENTS: readonly ServerEvent[] = [
  FINISHED,
  { ...FINISHED, origin: { protocol: "grpc", traceparent: "not a traceparent" }, timings: undefined },
  { ...FINISHED, sample: { drawn: 0, inputs: X, outputs: X } },
  {
    ...FINISHED,
    model: undefined,
    version: undefined,
    signature: undefined,
    error: new PlinthError("MODEL_NOT_FOUND", "There is no such model"),
    timings: undefined,
    origin: undefined,
  },
  {
    ...FINISHED,
    error: new PlinthError("MODEL_RUN_FAILED", "boom"),
    timings: undefined,
    sample: { drawn: 0, inputs: X, outputs: undefined },
  },
  {
    type: "batch-run",
    model: "digits",
    version: 2n,
    signature: "serving_default",
    requests: 3,
    rows: 5,
    paddingRows: 3,
    computeMs: 1,
  },
  {
    type: "version-state-changed",
    model: "digits",
    version: (1n << 63n) - 1n,
    from: undefined,
    to: "start",
    afterMs: undefined,
    error: undefined,
    atMs: 0,
  },
  {
    type: "version-state-changed",
    model: "digits",
    version: 0n,
    from: "loading",
    to: "error",
    afterMs: 1_500,
    error: new PlinthError("MODEL_FILE_INVALID", "damaged"),
    atMs: Date.parse("2026-01-01"),
  },
  {
    type: "deployment-changed",
    revision: {
      revision: 1,
      model: "digits",
      action: { kind: "set-label", label: "stable", version: 2n },
      who: "ada",
      why: undefined,
      atMs: Date.parse("2026-01-01"),
      before: {
        served: undefined,
        versions: undefined,
        loaded: [],
        unloaded: [],
        labels: new Map(),
        traffic: undefined,
      },
      after: {
        served: undefined,
        versions: undefined,
        loaded: [],
        unloaded: [],
        labels: new Map([["stable", 2n]]),
        traffic: undefined,
      },
    },
  },
  {
    type: "shadow-compared",
    model: "digits",
    version: 2n,
    shadowVersion: 3n,
    signature: "serving_default",
    agreed: false,
    maxDifference: Number.NaN,
    error: undefined,
  },
  {
    type: "error-occurred",
    error: new PlinthError("STORAGE_UNAVAILABLE", "gone", { cause: new Error("cause") }),
    model: undefined,
    version: undefined,
  },
];

/** What a server of a later release will tell. */
const UNKNOWN_EVENT = { type: "of-a-later-release", model: "digits" } as unknown as ServerEvent;

/** One behaviour that the suite demands of a monitor. */
export interface MonitorCase {
  readonly name: string;
  run(monitor: Monitor): Promise<void>;
}

export const monitorCases: readonly MonitorCase[] = [
  {
    name: "takes every event at once and without throwing",
    run: async (monitor) => {
      await monitor.start({ signal: NEVER });
      for (const event of EVENTS) expect(monitor.observe(event), event.type).toBeUndefined();
    },
  },
  {
    name: "ignores events that it does not know",
    run: async (monitor) => {
      await monitor.start({ signal: NEVER });
      expect(() => monitor.observe(UNKNOWN_EVENT)).not.toThrow();
    },
  },
  {
    name: "takes the events of a busy server",
    run: async (monitor) => {
      await monitor.start({ signal: NEVER });
      for (let count = 0; count < 10_000; count++) {
        for (const event of EVENTS) monitor.observe(event);
      }
    },
  },
  {
    name: "may be disposed without having been started, and twice, and takes what comes too late",
    run: async (monitor) => {
      await monitor[Symbol.asyncDispose]();
      await monitor[Symbol.asyncDispose]();
      for (const event of EVENTS) monitor.observe(event);
    },
  },
];

/** Registers with vitest what every {@link Monitor} must do. */
export function testMonitor(name: string, create: () => Promise<Monitor> | Monitor): void {
  describe(`${name} as a monitor`, () => {
    for (const monitorCase of monitorCases) {
      it(monitorCase.name, async () => {
        const monitor = await create();
        try {
          await monitorCase.run(monitor);
        } finally {
          await monitor[Symbol.asyncDispose]();
        }
      });
    }
  });
}
