import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PlinthError, type RequestFinished, type ServerEvent } from "../../../src/index.js";
import type { EventBatch, MainDuties } from "../../../src/serving/fronts/duties.js";
import { ForwardedEvents, MAX_WAITING_EVENTS } from "../../../src/serving/fronts/forwarded-events.js";
import { unpackEvent } from "../../../src/serving/fronts/packed-event.js";
import type { Peer } from "../../../src/serving/fronts/peer.js";
import { deferred } from "../../fakes/deferred.js";
import { finishedRequest } from "../../fakes/finished-request.js";

/** A main process that takes batches when it likes. */
class SlowMain {
  readonly batches: EventBatch[] = [];
  taken: Promise<void> = Promise.resolve();

  readonly call: Peer<MainDuties>["call"] = (async (_duty: string, batch: EventBatch) => {
    this.batches.push(structuredClone(batch));
    await this.taken;
  }) as never;

  get events(): readonly ServerEvent[] {
    return this.batches.flatMap(({ events }) => events.map(unpackEvent));
  }
}

function finished(error?: PlinthError): RequestFinished {
  return finishedRequest({ version: 1n, error });
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("events of a front", () => {
  it("come together in batches, as they were", async () => {
    const main = new SlowMain();
    const forwarded = new ForwardedEvents(main);
    const error = new PlinthError("INPUT_MISSING", "no x", { details: { input: "x" } });
    forwarded.observe(finished());
    forwarded.observe(finished(error));
    expect(main.batches).toEqual([]);
    await vi.advanceTimersByTimeAsync(50);
    expect(main.batches).toHaveLength(1);
    expect(main.events).toEqual([finished(), finished(error)]);
    expect(main.events[1]).toMatchObject({ error: { reason: "INPUT_MISSING", details: { input: "x" } } });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(main.batches, "nothing is sent where nothing happens").toHaveLength(1);
  });

  it("take copies of tensors with them", async () => {
    const main = new SlowMain();
    const forwarded = new ForwardedEvents(main, { share: 1, models: new Map(), failed: true, maxBytes: 100 });
    const data = new Float32Array([1, 2]);
    const tensors = new Map([["x", { dtype: "float32", shape: [2], data } as const]]);
    const error = new PlinthError("MODEL_RUN_FAILED", "boom");
    forwarded.observe(finishedRequest({ sample: { drawn: 0.5, inputs: tensors, outputs: tensors } }));
    forwarded.observe(finishedRequest({ error, sample: { drawn: 0, inputs: tensors, outputs: undefined } }));
    data.fill(9);
    await forwarded.flush();
    const then = new Map([["x", { dtype: "float32", shape: [2], data: new Float32Array([1, 2]) }]]);
    expect(main.events).toMatchObject([
      { sample: { drawn: 0.5, inputs: then, outputs: then } },
      { error: { reason: "MODEL_RUN_FAILED" }, sample: { drawn: 0, inputs: then, outputs: undefined } },
    ]);
  });

  it("wait while the main process is busy, and past a bound are counted only", async () => {
    const main = new SlowMain();
    const busy = deferred();
    main.taken = busy.promise;
    const forwarded = new ForwardedEvents(main);
    forwarded.observe(finished());
    await vi.advanceTimersByTimeAsync(50);
    for (let event = 0; event < MAX_WAITING_EVENTS + 3; event++) forwarded.observe(finished());
    await vi.advanceTimersByTimeAsync(1_000);
    expect(main.batches).toHaveLength(1);
    busy.resolve();
    await vi.advanceTimersByTimeAsync(50);
    expect(main.batches.map(({ events, dropped }) => [events.length, dropped])).toEqual([
      [1, 0],
      [MAX_WAITING_EVENTS, 3],
    ]);
  });

  it("are all told once the front is drained", async () => {
    const main = new SlowMain();
    const busy = deferred();
    main.taken = busy.promise;
    const forwarded = new ForwardedEvents(main);
    forwarded.observe(finished());
    await vi.advanceTimersByTimeAsync(50);
    forwarded.observe(finished());
    let isFlushed = false;
    const flushed = forwarded.flush().then(() => {
      isFlushed = true;
    });
    await vi.advanceTimersByTimeAsync(0);
    expect(isFlushed).toBe(false);
    busy.resolve();
    await flushed;
    expect(main.events).toHaveLength(2);
  });
});
