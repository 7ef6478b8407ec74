import { describe, expect, it, vi } from "vitest";
import type { Monitor, Sampling, ServerEvent, Tensor } from "../../src/index.js";
import { ServerEvents } from "../../src/serving/server-events.js";
import { finishedRequest } from "../fakes/finished-request.js";
import { RecordingLogger } from "../fakes/recording-logger.js";

function monitorOf(name: string, observe: (event: ServerEvent) => void, sampling?: Sampling): Monitor {
  return { name, start: async () => {}, observe, sampling, [Symbol.asyncDispose]: async () => {} };
}

const X = new Map<string, Tensor>([["x", { dtype: "float32", shape: [2], data: new Float32Array(2) }]]);

describe("a monitor that fails", () => {
  it.each<[string, () => void]>([
    [
      "at once",
      () => {
        throw new Error("full");
      },
    ],
    ["later, though it promised to return at once", () => Promise.reject(new Error("full")) as unknown as undefined],
  ])("%s costs a counter and one log line, and the others nothing", async (_when, observe) => {
    const logger = new RecordingLogger();
    const heard: ServerEvent[] = [];
    const events = new ServerEvents(
      [monitorOf("bad", observe), monitorOf("good", (event) => heard.push(event))],
      logger,
    );
    for (let request = 0; request < 3; request++) expect(() => events.emit(finishedRequest())).not.toThrow();
    await vi.waitFor(() => {
      expect(events.figures()).toEqual([
        { name: "bad", faults: 3 },
        { name: "good", faults: 0 },
      ]);
    });
    expect(heard).toHaveLength(3);
    expect(logger.lines.filter(({ level }) => level === "error")).toHaveLength(1);
  });

  it("by never settling what it should not have returned holds nothing up", () => {
    const events = new ServerEvents(
      [monitorOf("hung", () => new Promise(() => {}) as unknown as undefined)],
      new RecordingLogger(),
    );
    for (let request = 0; request < 1_000; request++) events.emit(finishedRequest());
    expect(events.figures()).toEqual([{ name: "hung", faults: 0 }]);
  });
});

describe("a monitor that ignores what goes well", () => {
  it("has nothing made for it, and others hear of it all the same", () => {
    const heard: string[] = [];
    const troubled = { ...monitorOf("troubled", ({ type }) => heard.push(`troubled ${type}`)), ignoresSuccess: true };
    const curious = monitorOf("curious", ({ type }) => heard.push(`curious ${type}`));
    const alone = new ServerEvents([troubled], new RecordingLogger());
    alone.started();
    expect([alone.observed, alone.successObserved]).toEqual([true, false]);
    const both = new ServerEvents([troubled, curious], new RecordingLogger());
    both.started();
    expect(both.successObserved).toBe(true);
    both.emitSuccess(finishedRequest());
    both.emit(finishedRequest());
    expect(heard).toEqual(["curious request-finished", "troubled request-finished", "curious request-finished"]);
  });
});

describe("tensors of requests", () => {
  function eventsFor(...all: Sampling[]): ServerEvents {
    const monitors = all.map((sampling) => monitorOf("sampling", () => {}, sampling));
    const events = new ServerEvents(monitors, new RecordingLogger());
    events.started();
    return events;
  }

  const all = { share: 1, models: new Map(), failed: true, maxBytes: 16 };

  it("go to nobody where nobody wants any", () => {
    const events = eventsFor();
    expect(events.sampleOf("m", X, X)).toBeUndefined();
    expect(events.sampleOfFailed(X)).toBeUndefined();
  });

  it("are drawn by the largest share that a monitor wants of a model", () => {
    const events = eventsFor(
      { ...all, share: 0, models: new Map([["m", 0.5]]) },
      { ...all, share: 0, models: new Map([["m", 0.1]]), failed: false },
    );
    const drawn = Array.from({ length: 2_000 }, () => events.sampleOf("m", X, X)?.drawn ?? 1);
    const share = (limit: number) => drawn.filter((each) => each < limit).length / drawn.length;
    expect(Math.abs(share(0.5) - 0.5)).toBeLessThan(0.06);
    expect(Math.abs(share(0.1) - 0.1)).toBeLessThan(0.04);
    expect(drawn.filter((each) => each >= 0.5 && each < 1)).toEqual([]);
    expect(events.sampleOf("other", X, X)).toBeUndefined();
    expect(events.sampleOfFailed(X)).toMatchObject({ drawn: 0, outputs: undefined });
  });

  it("are left out where they are too large", () => {
    expect(eventsFor(all).sampleOf("m", X, X)).toBeDefined();
    expect(eventsFor({ ...all, maxBytes: 15 }).sampleOf("m", X, X)).toBeUndefined();
  });
});
