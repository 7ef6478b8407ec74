import { type Monitor, PlinthError, type ServerEvent } from "@plinth/core";
import { describe, expect, it } from "vitest";

const { signal: NEVER } = new AbortController();

const EVENTS: readonly ServerEvent[] = [
  {
    type: "request-finished",
    model: "digits",
    version: 2n,
    signature: "serving_default",
    error: undefined,
    timings: { queueMs: 0.1, computeMs: 2 },
  },
  {
    type: "request-finished",
    model: undefined,
    version: undefined,
    signature: undefined,
    error: new PlinthError("MODEL_NOT_FOUND", "There is no such model"),
    timings: undefined,
  },
  {
    type: "version-state-changed",
    model: "digits",
    version: (1n << 63n) - 1n,
    from: undefined,
    to: "start",
    error: undefined,
    atMs: 0,
  },
  {
    type: "version-state-changed",
    model: "digits",
    version: 0n,
    from: "loading",
    to: "error",
    error: new PlinthError("MODEL_FILE_INVALID", "damaged"),
    atMs: Date.parse("2026-01-01"),
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
