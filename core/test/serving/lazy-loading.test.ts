import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PlinthError } from "../../src/index.js";
import type { ConfiguredModel } from "../../src/serving/deployment/model-plan.js";
import { MAX_WAITING_REQUESTS } from "../../src/serving/lifecycle/on-demand-version.js";
import { FIRST_RETRY_DELAY_MS } from "../../src/serving/lifecycle/retry-delay.js";
import { resourcePreserving } from "../../src/serving/lifecycle/transition-policy.js";
import type { LocalModelServer } from "../../src/serving/local-model-server.js";
import { ALL_VERSIONS, CatalogUnderTest } from "./catalog-under-test.js";

const X = { dtype: "float32", shape: [1], data: new Float32Array([1]) } as const;

let subject: CatalogUnderTest;
let server: LocalModelServer;

beforeEach(() => {
  subject = new CatalogUnderTest();
});

afterEach(() => subject.stop());

function lazily(model: Partial<ConfiguredModel>, name = "digits"): ReadonlyMap<string, ConfiguredModel> {
  return new Map([[name, { labels: new Map(), loading: "lazy", ...model }]]);
}

/** The version that answered. */
async function ask(target: { model?: string; version?: bigint; label?: string } = {}): Promise<bigint> {
  const { version } = await server.infer({ model: "digits", ...target, inputs: new Map([["x", X]]) });
  return version;
}

const broken = () => new PlinthError("MODEL_FILE_INVALID", "model.fake is damaged");

describe("a lazy version", () => {
  it("is known and wanted, and counts as ready, but is loaded only for the first request", async () => {
    subject.storage.hold({ digits: [1n, 2n] });
    server = await subject.start({ loading: "lazy" });
    expect(subject.backend.loads).toEqual([]);
    expect(server.status("digits")?.versions).toMatchObject([{ version: 2n, state: "start", onDemand: true }]);
    expect(server.readiness()).toEqual({ ready: true, reasons: [] });
    expect(await ask()).toBe(2n);
    expect(server.status("digits")?.versions[0]).not.toHaveProperty("onDemand");
    expect(await ask()).toBe(2n);
    expect(subject.backend.loads).toEqual(["digits/2"]);
  });

  it("is loaded once for requests at the same time, all of which it answers", async () => {
    subject.storage.hold({ digits: [1n] });
    server = await subject.start({ loading: "lazy" });
    const gate = subject.holdLoads();
    const asked = [ask(), ask({ version: 1n }), ask()];
    await vi.waitFor(() => expect(subject.states("digits")).toEqual({ 1: "loading" }));
    asked.push(ask());
    gate.resolve();
    expect(await Promise.all(asked)).toEqual([1n, 1n, 1n, 1n]);
    expect(subject.backend.loads).toEqual(["digits/1"]);
  });

  it("has only so many requests wait for it, and refuses the next at once", async () => {
    subject.storage.hold({ digits: [1n] });
    server = await subject.start({ loading: "lazy" });
    const gate = subject.holdLoads();
    const asked = Array.from({ length: MAX_WAITING_REQUESTS }, () => ask());
    await expect(ask()).rejects.toMatchObject({ reason: "QUEUE_FULL", details: { retryAfterMs: 1_000 } });
    gate.resolve();
    await Promise.all(asked);
  });

  it("is not waited for past a deadline or by a client that has gone, and goes on loading", async () => {
    subject.storage.hold({ digits: [1n] });
    server = await subject.start({ loading: "lazy" });
    const gate = subject.holdLoads();
    const gone = new AbortController();
    const late = server.acquire({ model: "digits", deadlineMs: performance.now() + 50 });
    const cancelled = server.acquire({ model: "digits", signal: gone.signal });
    gone.abort();
    await expect(cancelled).rejects.toMatchObject({ reason: "CANCELLED" });
    await Promise.all([
      expect(late).rejects.toMatchObject({ reason: "DEADLINE_EXCEEDED" }),
      vi.advanceTimersByTimeAsync(50),
    ]);
    for (const patience of [{ deadlineMs: performance.now() }, { signal: gone.signal }]) {
      await expect(server.acquire({ model: "digits", ...patience })).rejects.toThrow(/before/);
    }
    gate.resolve();
    await subject.catalog.settled();
    expect(subject.states("digits")).toEqual({ 1: "available" });
    expect(subject.events).toContainEqual(
      expect.objectContaining({ type: "request-finished", model: "digits", version: undefined }),
    );
  });

  it("tells all that waited why it cannot be loaded, and counts as not ready from then on", async () => {
    subject.backend.onLoad = async () => {
      throw broken();
    };
    subject.storage.hold({ digits: [1n] });
    server = await subject.start({ loading: "lazy" });
    const refusal = {
      reason: "VERSION_NOT_AVAILABLE",
      message: expect.stringContaining("because: model.fake is damaged"),
    };
    await Promise.all([expect(ask()).rejects.toMatchObject(refusal), expect(ask()).rejects.toMatchObject(refusal)]);
    await expect(ask()).rejects.toMatchObject(refusal);
    expect(subject.backend.loads).toHaveLength(1);
    expect(server.readiness().reasons).toEqual(["Model digits version 1 is in state error: model.fake is damaged"]);
  });

  it("is tried again by the first request after a pause, and by none in between", async () => {
    subject.backend.onLoad = async () => {
      throw broken();
    };
    subject.storage.hold({ digits: [1n] });
    server = await subject.start({ loading: "lazy" });
    await expect(ask()).rejects.toThrow("damaged");
    await vi.advanceTimersByTimeAsync(FIRST_RETRY_DELAY_MS);
    expect(subject.backend.loads).toHaveLength(1);
    expect(server.status("digits")?.versions).toMatchObject([
      { state: "start", onDemand: true, error: { message: "model.fake is damaged" } },
    ]);
    expect(server.readiness().reasons).toEqual(["Model digits version 1 is in state start: model.fake is damaged"]);
    subject.backend.onLoad = async () => {};
    expect(await ask()).toBe(1n);
    expect(server.readiness().ready).toBe(true);
  });

  it("counts as ready again when its files were mended", async () => {
    subject.backend.onLoad = async () => {
      throw broken();
    };
    subject.storage.hold({ digits: [1n] });
    server = await subject.start({ loading: "lazy" });
    await expect(ask()).rejects.toThrow("damaged");
    await subject.change({ digits: [{ version: 1n, fingerprint: "mended" }] });
    expect(server.readiness().ready).toBe(true);
    await vi.advanceTimersByTimeAsync(FIRST_RETRY_DELAY_MS);
    expect(subject.backend.loads).toHaveLength(1);
  });

  it("is loaded with the files of the moment, which are then no change to what is in service", async () => {
    subject.storage.hold({ digits: [1n] });
    server = await subject.start({ loading: "lazy" });
    await subject.change({ digits: [{ version: 1n, fingerprint: "second" }] });
    await ask();
    await subject.change({ digits: [{ version: 1n, fingerprint: "second" }] });
    expect(subject.logger.messages("warn")).toEqual([]);
  });

  it("can be loaded ahead of requests, also at once after a failure", async () => {
    subject.storage.hold({ digits: [1n, 2n] });
    server = await subject.start({ models: lazily(ALL_VERSIONS) });
    subject.backend.onLoad = async () => {
      throw broken();
    };
    subject.catalog.load("digits", 1n);
    await subject.catalog.settled();
    expect(subject.states("digits")).toEqual({ 1: "error", 2: "start" });
    subject.backend.onLoad = async () => {};
    subject.catalog.load("digits");
    await subject.catalog.settled();
    expect(subject.states("digits")).toEqual({ 1: "available", 2: "available" });
    subject.catalog.load("digits");
    subject.catalog.load("nothing");
    await subject.catalog.settled();
    expect(subject.backend.loads).toHaveLength(3);
  });
});

describe("requests that wait for a load", () => {
  it("are told that the version is out of service when it is taken out meanwhile", async () => {
    subject.storage.hold({ digits: [1n] });
    server = await subject.start({ loading: "lazy" });
    const gate = subject.holdLoads();
    const asked = ask({ version: 1n });
    await vi.waitFor(() => expect(subject.states("digits")).toEqual({ 1: "loading" }));
    subject.storage.hold({ digits: [] });
    await subject.catalog.refresh();
    gate.resolve();
    await expect(asked).rejects.toMatchObject({ reason: "VERSION_NOT_FOUND" });
    expect(subject.states("digits")).toEqual({ 1: "end" });
  });

  it("go to the version that has taken the place of the one that they waited for", async () => {
    subject.storage.hold({ digits: [1n] });
    server = await subject.start({ loading: "lazy" });
    const gate = subject.holdLoads();
    const asked = ask();
    await vi.waitFor(() => expect(subject.states("digits")).toEqual({ 1: "loading" }));
    subject.storage.hold({ digits: [1n, 2n] });
    await subject.catalog.refresh();
    gate.resolve();
    expect(await asked).toBe(2n);
  });

  it("are answered by another version where the one that they waited for is broken", async () => {
    subject.backend.onLoad = async (key) => {
      if (key === "digits/2") throw broken();
    };
    subject.storage.hold({ digits: [1n, 2n] });
    server = await subject.start({ models: lazily(ALL_VERSIONS) });
    expect(await ask()).toBe(1n);
  });

  it("are let go when the server stops", async () => {
    subject.storage.hold({ digits: [1n], other: [1n] });
    server = await subject.start({ loading: "lazy" });
    const gate = subject.holdLoads();
    const asked = Promise.allSettled([ask(), ask({ model: "other" })]);
    await vi.waitFor(() => expect(subject.backend.loads).toHaveLength(2));
    const stopped = subject.catalog.stop();
    gate.resolve();
    await stopped;
    expect(await asked).toMatchObject([
      { status: "rejected", reason: { reason: "VERSION_NOT_AVAILABLE" } },
      { status: "rejected", reason: { reason: "VERSION_NOT_AVAILABLE" } },
    ]);
  });
});

describe("a new version of a lazy model", () => {
  beforeEach(() => subject.storage.hold({ digits: [1n] }));

  it("waits for its first request where the old one is not in memory", async () => {
    server = await subject.start({ loading: "lazy" });
    await subject.change({ digits: [1n, 2n] });
    expect(subject.states("digits")).toEqual({ 1: "end", 2: "start" });
    expect(await ask()).toBe(2n);
    expect(subject.backend.loads).toEqual(["digits/2"]);
  });

  it("is loaded at once where the old one is, which answers meanwhile, so that nobody waits", async () => {
    server = await subject.start({ loading: "lazy" });
    await ask();
    const gate = subject.holdLoads();
    subject.storage.hold({ digits: [1n, 2n] });
    await subject.catalog.refresh();
    expect(subject.states("digits")).toEqual({ 1: "available", 2: "loading" });
    expect(server.status("digits")?.versions[0]).not.toHaveProperty("onDemand");
    expect(await ask()).toBe(1n);
    gate.resolve();
    await subject.catalog.settled();
    expect(subject.states("digits")).toEqual({ 1: "end", 2: "available" });
    expect(await ask()).toBe(2n);
  });

  it("leaves the old one in service when it cannot be loaded, and is tried again by itself", async () => {
    server = await subject.start({ loading: "lazy" });
    await ask();
    subject.backend.onLoad = async () => {
      throw broken();
    };
    await subject.change({ digits: [1n, 2n] });
    expect(subject.states("digits")).toEqual({ 1: "available", 2: "error" });
    expect(await ask()).toBe(1n);
    subject.backend.onLoad = async () => {};
    await vi.advanceTimersByTimeAsync(FIRST_RETRY_DELAY_MS);
    expect(subject.states("digits")).toEqual({ 1: "end", 2: "available" });
  });

  it("loads only the newest of several in the place of the old one", async () => {
    server = await subject.start({ models: lazily({ versions: { kind: "latest", count: 2 } }) });
    await ask();
    await subject.change({ digits: [1n, 2n, 3n] });
    expect(subject.states("digits")).toEqual({ 1: "end", 2: "start", 3: "available" });
  });

  it("lets the old one answer also where another new one is to be had on demand", async () => {
    server = await subject.start({ models: lazily({ versions: { kind: "latest", count: 2 } }) });
    await ask();
    const gate = subject.holdLoads();
    subject.storage.hold({ digits: [1n, 2n, 3n] });
    await subject.catalog.refresh();
    expect(await ask()).toBe(1n);
    const second = ask({ version: 2n });
    gate.resolve();
    expect(await second).toBe(2n);
    await subject.catalog.settled();
    expect(await ask()).toBe(3n);
  });

  it("is loaded for a request where the model preserves resources, and the old one goes at once", async () => {
    server = await subject.start({ models: lazily({ transition: resourcePreserving }) });
    await ask();
    await subject.change({ digits: [1n, 2n] });
    expect(subject.states("digits")).toEqual({ 1: "end", 2: "start" });
    expect(await ask()).toBe(2n);
  });
});

describe("a reload", () => {
  beforeEach(() => subject.storage.hold({ digits: [1n] }));

  it("that makes a lazy model eager loads it", async () => {
    server = await subject.start({ models: lazily({}) });
    await subject.configure(lazily({ loading: "eager" }));
    expect(subject.states("digits")).toEqual({ 1: "available" });
  });

  it("that makes a model eager has those answered that wait for it", async () => {
    server = await subject.start({ models: lazily({}) });
    const gate = subject.holdLoads();
    const asked = ask();
    await vi.waitFor(() => expect(subject.states("digits")).toEqual({ 1: "loading" }));
    const configured = subject.configure(lazily({ loading: "eager" }));
    gate.resolve();
    expect(await asked).toBe(1n);
    await configured;
  });

  it("that makes an eager model lazy keeps what is in memory", async () => {
    server = await subject.start({ models: lazily({ loading: "eager" }) });
    await subject.configure(lazily({}));
    expect(subject.states("digits")).toEqual({ 1: "available" });
  });

  it("may have a model be eager where all others are lazy", async () => {
    subject.storage.hold({ digits: [1n], other: [1n] });
    const models = new Map([...lazily({ loading: "eager" }), ...lazily({ loading: undefined }, "other")]);
    server = await subject.start({ models, loading: "lazy" });
    expect([subject.states("digits"), subject.states("other")]).toEqual([{ 1: "available" }, { 1: "start" }]);
  });
});
