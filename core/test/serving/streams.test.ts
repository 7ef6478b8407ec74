import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  type ModelTarget,
  PlinthError,
  type RequestFinished,
  type StreamCall,
  type StreamedResult,
} from "../../src/index.js";
import type { LocalModelServer } from "../../src/serving/local-model-server.js";
import { ECHO_SIGNATURE } from "../fakes/fake-backend.js";
import { type FakeStream, FakeStreams } from "../fakes/fake-stream.js";
import { ALL_VERSIONS, CatalogUnderTest } from "./catalog-under-test.js";

let subject: CatalogUnderTest;
let streams: FakeStreams;
let server: LocalModelServer;

beforeEach(async () => {
  subject = new CatalogUnderTest();
  streams = new FakeStreams();
  subject.backend.signature = { ...ECHO_SIGNATURE, streams: "only" };
  subject.backend.stream = streams.begin;
  subject.storage.hold({ talk: [1n, 2n] });
});

afterEach(() => subject.stop());

const X = new Map([["x", { dtype: "float32", shape: [1], data: Float32Array.of(1) } as const]]);

function ask(more: Partial<ModelTarget & StreamCall> = {}): AsyncGenerator<StreamedResult, void, undefined> {
  return server.stream({ model: "talk", inputs: X, ...more });
}

/** The first answer of a stream, and the model's side of it. */
async function begun(more: Partial<ModelTarget & StreamCall> = {}): Promise<{
  readonly answers: ReturnType<typeof ask>;
  readonly model: FakeStream;
}> {
  const answers = ask(more);
  const [model, first] = [streams.next(), answers.next()];
  (await model).say(1);
  expect(valueIn((await first).value)).toBe(1);
  return { answers, model: await model };
}

function valueIn(answer: unknown): unknown {
  return (answer as StreamedResult | undefined)?.outputs.get("y")?.data[0];
}

function finished(): readonly RequestFinished[] {
  return subject.events.flatMap((event) => (event.type === "request-finished" ? event : []));
}

describe("a stream", () => {
  beforeEach(async () => {
    server = await subject.start({
      models: new Map([["talk", { ...ALL_VERSIONS, labels: new Map([["stable", 1n]]) }]]),
    });
    subject.events.length = 0;
  });

  it("gives what the model says, one after the other, with the version that answers", async () => {
    const { answers, model } = await begun({ label: "stable" });
    model.say(2);
    const second = await answers.next();
    expect(second.value).toMatchObject({ model: "talk", version: 1n, signature: "serving_default" });
    expect(valueIn(second.value)).toBe(2);
    model.end();
    expect((await answers.next()).done).toBe(true);
    expect(model.call).toMatchObject({ signature: "serving_default", inputs: X, outputs: ["y"] });
  });

  it("asks the model for no more than was taken", async () => {
    const { answers, model } = await begun();
    model.say(2);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(model.asked).toBe(1);
    await answers.next();
    expect(model.asked).toBe(2);
    await answers.return();
  });

  it("is told of once, when it has ended, with the time of its first answer and without that for which it was kept waiting", async () => {
    const answers = ask();
    const [model, first] = [streams.next(), answers.next()];
    await vi.advanceTimersByTimeAsync(20);
    (await model).say(1);
    await first;
    await vi.advanceTimersByTimeAsync(500);
    (await model).say(2);
    await answers.next();
    expect(finished()).toEqual([]);
    (await model).end();
    await answers.next();
    expect(finished()).toMatchObject([
      {
        model: "talk",
        version: 2n,
        error: undefined,
        durationMs: 520,
        timings: { computeMs: 20 },
        stream: { answers: 2, firstAnswerMs: 20 },
        rows: 1,
      },
    ]);
    expect(subject.statistics.version("talk", 2n)).toMatchObject({
      inFlight: 0,
      total: { succeeded: { count: 1 }, executions: 1 },
    });
  });

  it("gives what came before the model failed, and is told of as failed", async () => {
    const { answers, model } = await begun();
    model.fail(new Error("out of words"));
    await expect(answers.next()).rejects.toMatchObject({ reason: "MODEL_RUN_FAILED", message: "out of words" });
    expect(finished()).toMatchObject([{ error: { reason: "MODEL_RUN_FAILED" }, version: 2n }]);
  });

  it("stops the model where it is left, as one that was answered", async () => {
    const { answers, model } = await begun();
    await answers.return();
    expect(model.isStopped).toBe(true);
    expect(finished()).toMatchObject([{ error: undefined, stream: { answers: 1 } }]);
  });

  it("stops the model where whoever reads it cannot go on, as one that failed so", async () => {
    const { answers, model } = await begun();
    const error = new PlinthError("TENSOR_INVALID", "cannot be written");
    await expect(answers.throw(error)).rejects.toBe(error);
    expect(model.isStopped).toBe(true);
    expect(finished()).toMatchObject([{ error: { reason: "TENSOR_INVALID" } }]);
  });

  it("ends at once when the client goes away, while the model may take its time", async () => {
    const client = new AbortController();
    const { answers, model } = await begun({ signal: client.signal });
    model.endsWhenStopped = false;
    const next = answers.next();
    client.abort();
    await expect(next).rejects.toMatchObject({ code: "CANCELLED" });
    expect(model.isStopped).toBe(true);
    expect(finished()).toMatchObject([{ error: { code: "CANCELLED" } }]);
    subject.storage.hold({ talk: [] });
    await subject.catalog.refresh();
    await vi.advanceTimersByTimeAsync(10);
    expect(subject.backend.live, "freed under a model that is at work").toContain("talk/2");
    model.end();
    await subject.catalog.settled();
    expect(subject.backend.live).toEqual(new Set());
  });

  it("that waits for its client ends when that one goes away", async () => {
    const client = new AbortController();
    const { answers, model } = await begun({ signal: client.signal });
    client.abort();
    expect(model.isStopped).toBe(true);
    await expect(answers.next()).rejects.toMatchObject({ code: "CANCELLED" });
  });

  it("is cut off at its deadline", async () => {
    const { answers, model } = await begun({ untilMs: performance.now() + 50 });
    const next = answers.next();
    next.catch(() => {});
    await vi.advanceTimersByTimeAsync(51);
    await expect(next).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    expect(model.isStopped).toBe(true);
  });

  it("that has begun does not mind the deadline for that", async () => {
    const { answers, model } = await begun({ deadlineMs: performance.now() + 50 });
    await vi.advanceTimersByTimeAsync(100);
    model.say(2);
    expect(valueIn((await answers.next()).value)).toBe(2);
    await answers.return();
  });

  it.each<[string, Partial<ModelTarget & StreamCall>, string]>([
    ["an unknown model", { model: "nope" }, "MODEL_NOT_FOUND"],
    ["an unknown signature", { signature: "nope" }, "SIGNATURE_NOT_FOUND"],
    ["missing inputs", { inputs: new Map() }, "INPUT_MISSING"],
    ["an unknown output", { outputs: ["nope"] }, "OUTPUT_UNKNOWN"],
    ["a client that has gone", { signal: AbortSignal.abort() }, "CANCELLED"],
    ["a deadline that has passed", { deadlineMs: 0 }, "DEADLINE_EXCEEDED"],
  ])("is refused for %s, and told of once", async (_what, more, reason) => {
    await expect(ask(more).next()).rejects.toMatchObject({ reason });
    expect(streams.begun).toEqual([]);
    expect(finished()).toMatchObject([{ error: { reason } }]);
  });

  it("keeps its version loaded until it has ended", async () => {
    const { answers, model } = await begun({ version: 1n });
    subject.storage.hold({ talk: [2n] });
    await subject.catalog.refresh();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(subject.states("talk")).toMatchObject({ 1: "unloading" });
    model.say(2);
    expect(valueIn((await answers.next()).value)).toBe(2);
    model.end();
    await answers.next();
    await subject.catalog.settled();
    expect(subject.states("talk")).toMatchObject({ 1: "end" });
  });

  it("is read from a handle in the same way, and told of when that is disposed", async () => {
    const handle = await server.acquire({ model: "talk" });
    const answers = handle.stream({ inputs: X });
    const [model, first] = [streams.next(), answers.next()];
    (await model).say(1);
    await first;
    (await model).end();
    await answers.next();
    expect(finished()).toEqual([]);
    handle[Symbol.dispose]();
    expect(finished()).toMatchObject([{ stream: { answers: 1 }, timings: { encodeMs: expect.any(Number) } }]);
  });

  it("is what a model that only streams must be asked for", async () => {
    await expect(server.infer({ model: "talk", inputs: X })).rejects.toMatchObject({
      code: "UNIMPLEMENTED",
      reason: "STREAM_ONLY",
    });
    expect(finished()).toMatchObject([{ error: { reason: "STREAM_ONLY" } }]);
  });
});

describe("streams at the same time", () => {
  it("are no more than the model answers; others wait in their order, in a bounded line", async () => {
    subject.backend.maxStreams = 1;
    const execution = { executor: "inline", instances: 1, maxQueuedRequests: 1 } as const;
    server = await subject.start({ models: new Map([["talk", { ...ALL_VERSIONS, execution }]]) });
    const first = await begun();
    const second = ask();
    const waiting = second.next();
    await expect(ask().next()).rejects.toMatchObject({ reason: "QUEUE_FULL" });
    expect(server.overload({ model: "talk" })).toMatchObject({ reason: "QUEUE_FULL" });
    expect(subject.statistics.version("talk", 2n)).toMatchObject({ inFlight: 2, queued: 1 });
    expect(streams.begun).toHaveLength(1);
    const begins = streams.next();
    first.model.end();
    await first.answers.next();
    (await begins).say(7);
    expect(valueIn((await waiting).value)).toBe(7);
    await second.return();
  });

  it("wait until the model has ended one that was left", async () => {
    subject.backend.maxStreams = 1;
    server = await subject.start();
    const client = new AbortController();
    const first = await begun({ signal: client.signal });
    first.model.endsWhenStopped = false;
    const pending = first.answers.next();
    client.abort();
    await expect(pending).rejects.toMatchObject({ code: "CANCELLED" });
    const second = ask();
    const waiting = second.next();
    await vi.advanceTimersByTimeAsync(10);
    expect(streams.begun).toHaveLength(1);
    const begins = streams.next();
    first.model.end();
    (await begins).say(7);
    await waiting;
    await second.return();
  });
});

describe("a model that also answers at once", () => {
  it("does so where it is asked to", async () => {
    subject.backend.signature = { ...ECHO_SIGNATURE, streams: "also" };
    server = await subject.start();
    expect((await server.infer({ model: "talk", inputs: X })).outputs).toEqual(new Map([["y", X.get("x")]]));
    const { answers } = await begun();
    await answers.return();
  });
});

describe("a model that does not stream", () => {
  it("gives its one answer to who asks for a stream", async () => {
    subject.backend.signature = ECHO_SIGNATURE;
    server = await subject.start();
    subject.events.length = 0;
    const answers: StreamedResult[] = [];
    for await (const answer of ask()) answers.push(answer);
    expect(answers).toMatchObject([{ model: "talk", version: 2n, outputs: new Map([["y", X.get("x")]]) }]);
    expect(finished()).toMatchObject([{ stream: undefined, error: undefined }]);
  });

  it("is not loaded where its signatures say that it does", async () => {
    subject.backend.stream = undefined;
    server = await subject.start();
    expect(server.status("talk")?.versions[0]?.error).toMatchObject({
      reason: "PLUGIN_FAILED",
      message: expect.stringContaining("without the method stream"),
    });
  });
});
