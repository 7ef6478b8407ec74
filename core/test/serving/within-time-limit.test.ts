import { getEventListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { withinTimeLimit } from "../../src/serving/lifecycle/within-time-limit.js";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** Goes on until its signal aborts. */
function endless(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}

describe("work within a time limit", () => {
  it("gives what the work gives, and leaves neither listener nor timer behind", async () => {
    const { signal } = new AbortController();
    expect(await withinTimeLimit(signal, 1_000, async () => "done")).toBe("done");
    await expect(withinTimeLimit(signal, 1_000, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(getEventListeners(signal, "abort")).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is told when the time is over", async () => {
    const outcome = expect(withinTimeLimit(new AbortController().signal, 60_000, endless)).rejects.toMatchObject({
      code: "DEADLINE_EXCEEDED",
      message: "It was not done within 60 seconds",
    });
    await vi.advanceTimersByTimeAsync(60_000);
    await outcome;
  });

  it("is told when the outer signal aborts, before or meanwhile", async () => {
    const reason = new Error("stopping");
    await expect(withinTimeLimit(AbortSignal.abort(reason), 1_000, endless)).rejects.toBe(reason);
    const outer = new AbortController();
    const outcome = expect(withinTimeLimit(outer.signal, 1_000, endless)).rejects.toBe(reason);
    outer.abort(reason);
    await outcome;
  });
});
