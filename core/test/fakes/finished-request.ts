import type { RequestFinished } from "../../src/index.js";

/** A request that went well, but for what is said otherwise. */
export function finishedRequest(facts: Partial<RequestFinished> = {}): RequestFinished {
  return {
    type: "request-finished",
    model: "digits",
    version: 2n,
    signature: "serving_default",
    error: undefined,
    startedAtMs: Date.parse("2026-01-01"),
    durationMs: 3,
    timings: { receiveMs: 0.1, loadMs: undefined, decodeMs: 0.2, queueMs: 0.1, computeMs: 2, encodeMs: 0.3 },
    rows: 1,
    origin: undefined,
    sample: undefined,
    ...facts,
  };
}
