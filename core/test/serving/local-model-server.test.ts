import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PlinthError } from "../../src/index.js";
import type { ConfiguredModel } from "../../src/serving/deployment/model-plan.js";
import { LocalModelServer } from "../../src/serving/local-model-server.js";
import { ServerEvents } from "../../src/serving/server-events.js";
import { epochMsOf } from "../../src/serving/statistics/epoch-clock.js";
import { ALL_VERSIONS, CatalogUnderTest } from "./catalog-under-test.js";

let subject: CatalogUnderTest;

beforeEach(() => {
  subject = new CatalogUnderTest();
});

afterEach(() => subject.stop());

describe("a request", () => {
  const x = { dtype: "float32", shape: [2], data: new Float32Array([1, 2]) } as const;
  const settings: ConfiguredModel = {
    ...ALL_VERSIONS,
    labels: new Map([
      ["stable", 1n],
      ["gone", 9n],
    ]),
  };

  beforeEach(() => subject.storage.hold({ digits: [1n, 2n] }));

  it.each<[string, object, bigint]>([
    ["the newest version by default", {}, 2n],
    ["a version by number", { version: 1n }, 1n],
    ["a version by label", { label: "stable" }, 1n],
  ])("gets %s", async (_what, target, version) => {
    const server = await subject.start({ models: new Map([["digits", settings]]) });
    const result = await server.infer({ model: "digits", ...target, inputs: new Map([["x", x]]) });
    expect(result).toMatchObject({ model: "digits", version, signature: "serving_default" });
    expect(result.outputs.get("y")).toEqual(x);
    expect(result.timings.computeMs).toBeGreaterThanOrEqual(0);
  });

  it("is told how a version was loaded while that is in memory", async () => {
    const server = await subject.start({ models: new Map([["digits", settings]]) });
    const details = new Map([["engine", "fake"]]);
    expect(server.status("digits")?.versions).toMatchObject([{ details }, { details }]);
    await subject.stop();
    expect(server.status("digits")?.versions.map((each) => each.details)).toEqual([undefined, undefined]);
  });

  it.each<[string, { model: string; version?: bigint; label?: string }, string, string]>([
    ["an unknown model", { model: "half" }, "MODEL_NOT_FOUND", "Servable not found for request: Latest(half)"],
    ["an unknown model by label", { model: "half", label: "x" }, "MODEL_NOT_FOUND", "the models here are"],
    ["an unknown version", { model: "digits", version: 7n }, "VERSION_NOT_FOUND", "Specific(digits, 7)"],
    ["an unknown label", { model: "digits", label: "x" }, "LABEL_NOT_FOUND", "Unrecognized servable version label"],
    [
      "a label of a version that is not there",
      { model: "digits", label: "gone" },
      "VERSION_NOT_FOUND",
      "available: 2, 1",
    ],
  ])("is refused for %s", async (_what, target, reason, message) => {
    const server = await subject.start({ models: new Map([["digits", settings]]) });
    const refused = server.acquire(target);
    await expect(refused).rejects.toMatchObject({ reason, message: expect.stringContaining(message) });
  });

  it("is told that a version is loading", async () => {
    const gate = subject.holdLoads();
    subject.storage.hold({ digits: [1n] });
    const starting = subject.start();
    await vi.waitFor(() => expect(subject.backend.loads).toHaveLength(1));
    const server = new LocalModelServer(subject.catalog, new ServerEvents([], subject.logger));
    await expect(server.acquire({ model: "digits" })).rejects.toMatchObject({
      reason: "VERSION_NOT_AVAILABLE",
      message: expect.stringContaining("its state is loading"),
    });
    gate.resolve();
    await starting;
  });

  it("is refused where its answer comes past its deadline, also from a model that holds this thread up", async () => {
    const server = await subject.start();
    const deadlineMs = performance.now() + 20;
    subject.backend.onRun = async () => void vi.advanceTimersByTime(30);
    const late = server.infer({ model: "digits", inputs: new Map([["x", x]]), deadlineMs });
    await expect(late).rejects.toMatchObject({
      reason: "DEADLINE_EXCEEDED",
      message: expect.stringContaining("while the model ran"),
    });
    expect(await server.infer({ model: "digits", inputs: new Map([["x", x]]) })).toBeDefined();
  });

  it("is not run after its deadline or when its client has gone", async () => {
    const server = await subject.start();
    let runs = 0;
    subject.backend.onRun = async () => void runs++;
    const inputs = new Map([["x", x]]);
    await expect(server.infer({ model: "digits", inputs, deadlineMs: performance.now() - 1 })).rejects.toMatchObject({
      reason: "DEADLINE_EXCEEDED",
    });
    await expect(server.infer({ model: "digits", inputs, signal: AbortSignal.abort() })).rejects.toMatchObject({
      reason: "CANCELLED",
    });
    expect(runs).toBe(0);
  });

  it("is told to the monitors, without names that a client made up", async () => {
    const server = await subject.start();
    subject.events.length = 0;
    await server.infer({ model: "digits", inputs: new Map([["x", x]]) });
    await server.infer({ model: "made-up", inputs: new Map() }).catch(() => {});
    await server.infer({ model: "digits", inputs: new Map() }).catch(() => {});
    const inputs = new Map([["x", x]]);
    await server.infer({ model: "digits", inputs, signature: "made-up" }).catch(() => {});
    expect(subject.events).toMatchObject([
      { type: "request-finished", model: "digits", version: 2n, error: undefined },
      { type: "request-finished", model: undefined, error: { reason: "MODEL_NOT_FOUND" } },
      { type: "request-finished", model: "digits", version: 2n, error: { reason: "INPUT_MISSING" } },
      { type: "request-finished", signature: undefined, error: { reason: "SIGNATURE_NOT_FOUND" } },
    ]);
  });

  it("is told with who asked, and with the times of its parts", async () => {
    const server = await subject.start();
    subject.events.length = 0;
    const beganAtMs = performance.now();
    await vi.advanceTimersByTimeAsync(1);
    const origin = { protocol: "test", method: "predict", requestId: "7", receivedAtMs: beganAtMs };
    const handle = await server.acquire({ model: "digits", origin });
    await vi.advanceTimersByTimeAsync(2);
    await handle.infer({ inputs: new Map([["x", x]]) });
    expect(subject.events, "told only once the answer is written").toEqual([]);
    await vi.advanceTimersByTimeAsync(4);
    handle[Symbol.dispose]();
    handle[Symbol.dispose]();
    expect(subject.events).toEqual([
      {
        type: "request-finished",
        model: "digits",
        version: 2n,
        signature: "serving_default",
        error: undefined,
        startedAtMs: epochMsOf(beganAtMs),
        durationMs: 7,
        timings: { receiveMs: 1, loadMs: undefined, decodeMs: 2, queueMs: 0, computeMs: 0, encodeMs: 4 },
        rows: 2,
        origin,
        sample: undefined,
      },
    ]);
    expect(subject.statistics.version("digits", 2n)).toMatchObject({
      inFlight: 0,
      total: {
        succeeded: { count: 1, ms: 6 },
        decode: { count: 1, ms: 2 },
        encode: { count: 1, ms: 4 },
        inferences: 2,
        executions: 1,
        batches: new Map([[2, { count: 1, ms: 0 }]]),
      },
    });
  });

  it("is told for each call of a handle, where there are several", async () => {
    const server = await subject.start();
    subject.events.length = 0;
    const handle = await server.acquire({ model: "digits" });
    const inputs = new Map([["x", x]]);
    await handle.infer({ inputs });
    await vi.advanceTimersByTimeAsync(5);
    await handle.infer({ inputs });
    await vi.advanceTimersByTimeAsync(7);
    handle[Symbol.dispose]();
    const untimed = { decodeMs: undefined, encodeMs: undefined };
    expect(subject.events).toMatchObject([
      { durationMs: 0, timings: untimed },
      { durationMs: 0, timings: untimed },
    ]);
    expect(subject.statistics.version("digits", 2n)?.total.succeeded).toEqual({ count: 2, ms: 0 });
  });

  it("is told once, whether the server or the protocol finds what is wrong with it", async () => {
    const server = await subject.start({ models: new Map([["digits", settings]]) });
    subject.events.length = 0;
    const origin = { protocol: "test", requestId: "7" };
    const ownErrors = [
      await server.acquire({ model: "made-up", origin }).catch((error) => error),
      await server.infer({ model: "digits", origin, inputs: new Map() }).catch((error) => error),
    ];
    for (const error of ownErrors) server.refused({ model: "digits", origin }, error);
    server.refused({ model: "digits", version: 1n, origin }, new PlinthError("REQUEST_INVALID", "not JSON"));
    server.refused({ model: "digits", origin }, new PlinthError("REQUEST_TOO_LARGE", "large"));
    server.refused({ model: "made-up", version: 7n, origin }, new PlinthError("REQUEST_INVALID", "not JSON"));
    expect(subject.events).toMatchObject([
      { model: undefined, error: { reason: "MODEL_NOT_FOUND" }, origin },
      { model: "digits", version: 2n, error: { reason: "INPUT_MISSING" }, origin },
      { model: "digits", version: 1n, error: { reason: "REQUEST_INVALID" }, origin },
      { model: "digits", version: undefined, error: { reason: "REQUEST_TOO_LARGE" }, origin },
      { model: undefined, version: undefined, error: { reason: "REQUEST_INVALID" }, origin },
    ]);
    expect(subject.statistics.unknownModels()).toEqual(
      new Map([
        ["NOT_FOUND", 1],
        ["INVALID_ARGUMENT", 1],
      ]),
    );
    expect(subject.statistics.model("digits")).toMatchObject({
      versions: [
        { version: 2n, total: { errors: new Map([["INVALID_ARGUMENT", 1]]) } },
        { version: 1n, total: { errors: new Map([["INVALID_ARGUMENT", 1]]) } },
      ],
      unrouted: new Map([["RESOURCE_EXHAUSTED", 1]]),
    });
  });

  it("gives up the version also where the run fails", async () => {
    const server = await subject.start();
    subject.backend.onRun = async () => {
      throw new Error("boom");
    };
    await expect(server.infer({ model: "digits", inputs: new Map([["x", x]]) })).rejects.toMatchObject({
      reason: "MODEL_RUN_FAILED",
    });
    await subject.change({ digits: [] });
    expect(subject.states("digits")).toMatchObject({ 2: "end" });
  });

  describe("to a model that batches", () => {
    const batching: ConfiguredModel = {
      ...ALL_VERSIONS,
      batching: {
        maxBatchSize: 4,
        maxWaitMs: 20,
        padVariableLength: false,
        splitLarge: true,
        allowedBatchSizes: [3, 4],
      },
      execution: { executor: "inline", instances: 1, maxQueuedRequests: 1 },
    };

    it("tells the monitors of each batch, and how long it waited", async () => {
      const server = await subject.start({ models: new Map([["digits", batching]]) });
      subject.events.length = 0;
      const answering = server.infer({ model: "digits", inputs: new Map([["x", x]]) });
      await vi.advanceTimersByTimeAsync(20);
      const { outputs, timings } = await answering;
      expect(outputs.get("y")).toEqual(x);
      expect(timings).toEqual({ queueMs: 20, computeMs: 0 });
      expect(subject.events).toMatchObject([
        {
          type: "batch-run",
          model: "digits",
          version: 2n,
          signature: "serving_default",
          requests: 1,
          rows: x.shape[0],
          paddingRows: 3 - (x.shape[0] ?? 0),
        },
        { type: "request-finished", timings: { queueMs: 20, computeMs: 0 } },
      ]);
    });

    it("is refused ahead of its tensors where too many wait, and the monitors are told", async () => {
      const server = await subject.start({ models: new Map([["digits", batching]]) });
      using handle = await server.acquire({ model: "digits" });
      expect(() => handle.admit()).not.toThrow();
      const answering = handle.infer({ inputs: new Map([["x", x]]) });
      subject.events.length = 0;
      expect(() => handle.admit()).toThrow(expect.objectContaining({ reason: "QUEUE_FULL" }));
      expect(subject.events).toMatchObject([
        { type: "request-finished", model: "digits", version: 2n, error: { reason: "QUEUE_FULL" }, timings: undefined },
      ]);
      await vi.advanceTimersByTimeAsync(20);
      await answering;
    });
  });
});
