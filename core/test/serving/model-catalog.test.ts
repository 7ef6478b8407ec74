import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PlinthError, type ServerEvent, type VersionState } from "../../src/index.js";
import {
  ModelCatalog,
  type ModelCatalogOptions,
  type ServedModelSettings,
} from "../../src/serving/lifecycle/model-catalog.js";
import { ENDED_RETENTION_MS } from "../../src/serving/lifecycle/model-lifecycle.js";
import { FIRST_RETRY_DELAY_MS } from "../../src/serving/lifecycle/retry-delay.js";
import { LocalModelServer } from "../../src/serving/local-model-server.js";
import { ServerEvents } from "../../src/serving/server-events.js";
import { type Deferred, deferred } from "../fakes/deferred.js";
import { FakeBackend } from "../fakes/fake-backend.js";
import { FakeStorage } from "../fakes/fake-storage.js";
import { RecordingLogger } from "../fakes/recording-logger.js";

const NEVER_ABORTED = new AbortController().signal;
const ALL: ServedModelSettings = { versions: { kind: "all" }, labels: new Map(), backend: undefined };

let storage: FakeStorage;
let backend: FakeBackend;
let logger: RecordingLogger;
let events: ServerEvent[];
let catalog: ModelCatalog;

beforeEach(() => {
  vi.useFakeTimers();
  storage = new FakeStorage();
  backend = new FakeBackend();
  logger = new RecordingLogger();
  events = [];
});

afterEach(async () => {
  backend.onRun = async () => {};
  await catalog.stop();
  vi.useRealTimers();
  expect(backend.live, "models left behind").toEqual(new Set());
  expect(storage.openHandles, "file handles left behind").toBe(0);
});

async function start(options: Partial<ModelCatalogOptions> = {}): Promise<LocalModelServer> {
  const monitor = {
    name: "test",
    start: async () => {},
    observe: (event: ServerEvent) => void events.push(event),
    [Symbol.asyncDispose]: async () => {},
  };
  const serverEvents = new ServerEvents([monitor], logger);
  catalog = new ModelCatalog({
    storage,
    backends: [backend],
    models: undefined,
    pollIntervalMs: 1_000,
    events: serverEvents,
    logger,
    ...options,
  });
  await catalog.start(NEVER_ABORTED);
  await catalog.settled();
  return new LocalModelServer(catalog, serverEvents);
}

/** Changes what the storage holds and waits until the server has followed. */
async function change(models: Parameters<FakeStorage["hold"]>[0]): Promise<void> {
  storage.hold(models);
  await catalog.refresh();
  await catalog.settled();
}

function states(model: string): Record<string, VersionState> {
  return Object.fromEntries(
    (catalog.status(model)?.versions ?? []).map(({ version, state }) => [String(version), state]),
  );
}

function holdLoads(): Deferred {
  const gate = deferred();
  backend.onLoad = () => gate.promise;
  return gate;
}

describe("a model's versions", () => {
  it("serves the newest version of every model that the storage holds", async () => {
    storage.hold({ digits: [1n, 2n], other: [7n] });
    await start();
    expect(states("digits")).toEqual({ 2: "available" });
    expect(catalog.servables.get("other")?.newest.version).toBe(7n);
  });

  it("serves only the models that are configured, and knows those that the storage does not hold", async () => {
    storage.hold({ digits: [1n], other: [7n] });
    const server = await start({
      models: new Map([
        ["digits", ALL],
        ["absent", ALL],
      ]),
    });
    expect(server.models().map(({ model }) => model)).toEqual(["absent", "digits"]);
    expect(server.readiness()).toEqual({ ready: false, reasons: ["Model absent has no version in the storage"] });
  });

  it("is available only once the new version can be fetched, and unloads the old one only after that", async () => {
    storage.hold({ digits: [1n] });
    await start();
    const gate = holdLoads();
    storage.hold({ digits: [1n, 2n] });
    await catalog.refresh();
    expect(states("digits")).toEqual({ 1: "available", 2: "loading" });
    expect(catalog.servables.get("digits")?.newest.version).toBe(1n);
    gate.resolve();
    await catalog.settled();
    expect(states("digits")).toEqual({ 1: "end", 2: "available" });
    expect(catalog.servables.get("digits")?.newest.version).toBe(2n);
  });

  it("follows the states of the table, in that order", async () => {
    storage.hold({ digits: [1n] });
    await start();
    await change({ digits: [] });
    const moves = events.flatMap((event) =>
      event.type === "version-state-changed" ? [`${event.from}>${event.to}`] : [],
    );
    expect(moves).toEqual([
      "undefined>start",
      "start>loading",
      "loading>available",
      "available>unloading",
      "unloading>end",
    ]);
  });

  it("frees a version only after the last request that holds it", async () => {
    storage.hold({ digits: [1n] });
    const server = await start();
    const handle = await server.acquire({ model: "digits" });
    storage.hold({ digits: [1n, 2n] });
    await catalog.refresh();
    await vi.waitFor(() => expect(states("digits")).toEqual({ 1: "unloading", 2: "available" }));
    expect(backend.live).toContain("digits/1");
    handle[Symbol.dispose]();
    handle[Symbol.dispose]();
    await catalog.settled();
    expect(backend.live).not.toContain("digits/1");
    expect(states("digits")).toEqual({ 1: "end", 2: "available" });
  });

  it("keeps a version that is wanted again while it goes down, by loading it anew", async () => {
    storage.hold({ digits: [1n] });
    const server = await start({ models: new Map([["digits", ALL]]) });
    const handle = await server.acquire({ model: "digits" });
    storage.hold({ digits: [] });
    await catalog.refresh();
    expect(states("digits")).toEqual({ 1: "unloading" });
    storage.hold({ digits: [1n] });
    await catalog.refresh();
    handle[Symbol.dispose]();
    await catalog.settled();
    expect(states("digits")).toEqual({ 1: "available" });
    expect(backend.loads).toEqual(["digits/1", "digits/1"]);
  });

  it("abandons a load that is no longer wanted", async () => {
    storage.hold({ digits: [1n] });
    await start();
    backend.onLoad = (_key, signal) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    storage.hold({ digits: [1n, 2n] });
    await catalog.refresh();
    await change({ digits: [1n] });
    expect(states("digits")).toEqual({ 1: "available", 2: "end" });
  });

  it("frees a model whose load succeeded in spite of being abandoned", async () => {
    storage.hold({ digits: [1n] });
    await start();
    const gate = holdLoads();
    storage.hold({ digits: [1n, 2n] });
    await catalog.refresh();
    storage.hold({ digits: [1n] });
    await catalog.refresh();
    gate.resolve();
    await catalog.settled();
    expect(states("digits")).toEqual({ 1: "available", 2: "end" });
    expect(backend.live).toEqual(new Set(["digits/1"]));
  });

  it("forgets ended versions after a while", async () => {
    storage.hold({ digits: [1n, 2n] });
    await start({ models: new Map([["digits", ALL]]) });
    await change({ digits: [2n] });
    expect(states("digits")).toEqual({ 1: "end", 2: "available" });
    await vi.advanceTimersByTimeAsync(ENDED_RETENTION_MS);
    expect(states("digits")).toEqual({ 2: "available" });
  });

  it("forgets a model that has gone from the storage, unless it is configured", async () => {
    storage.hold({ digits: [1n] });
    const server = await start();
    await change({});
    await vi.advanceTimersByTimeAsync(ENDED_RETENTION_MS + 2_000);
    expect(server.models()).toEqual([]);
  });
});

describe("a broken model", () => {
  const broken = () => new PlinthError("MODEL_FILE_INVALID", "model.fake is damaged");

  it("shows its error and does not stop another", async () => {
    backend.onLoad = async (key) => {
      if (key === "bad/1") throw broken();
    };
    storage.hold({ bad: [1n], good: [1n] });
    const server = await start();
    expect(server.status("bad")?.versions).toMatchObject([
      { state: "error", error: { message: "model.fake is damaged" } },
    ]);
    expect(states("good")).toEqual({ 1: "available" });
    expect(server.readiness().reasons).toEqual(["Model bad version 1 is in state error: model.fake is damaged"]);
  });

  it("is tried again with pauses that double", async () => {
    backend.onLoad = async () => {
      throw broken();
    };
    storage.hold({ bad: [1n] });
    await start();
    expect(backend.loads).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(FIRST_RETRY_DELAY_MS);
    expect(backend.loads).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(FIRST_RETRY_DELAY_MS);
    expect(backend.loads).toHaveLength(2);
    backend.onLoad = async () => {};
    await vi.advanceTimersByTimeAsync(FIRST_RETRY_DELAY_MS);
    expect(states("bad")).toEqual({ 1: "available" });
    expect(catalog.status("bad")?.versions[0]?.error).toBeUndefined();
  });

  it("is tried again at once when its files were mended", async () => {
    backend.onLoad = async () => {
      throw broken();
    };
    storage.hold({ bad: [{ version: 1n, fingerprint: "damaged" }] });
    await start();
    backend.onLoad = async () => {};
    await change({ bad: [{ version: 1n, fingerprint: "mended" }] });
    expect(states("bad")).toEqual({ 1: "available" });
  });

  it("keeps the version before it in service", async () => {
    storage.hold({ digits: [1n] });
    const server = await start();
    backend.onLoad = async () => {
      throw broken();
    };
    await change({ digits: [1n, 2n] });
    expect(states("digits")).toEqual({ 1: "available", 2: "error" });
    using handle = await server.acquire({ model: "digits" });
    expect(handle.version).toBe(1n);
  });

  it("is told by the format that nobody takes", async () => {
    backend.recognizes = () => false;
    storage.hold({ odd: [1n] });
    await start();
    expect(catalog.status("odd")?.versions[0]?.error).toMatchObject({ reason: "MODEL_FORMAT_UNKNOWN" });
  });

  it("gets a fault of the backend told with the backend's name", async () => {
    backend.onLoad = async () => {
      throw new TypeError("cannot read properties of undefined");
    };
    storage.hold({ odd: [1n] });
    await start();
    expect(catalog.status("odd")?.versions[0]?.error).toMatchObject({
      reason: "PLUGIN_FAILED",
      message: "Backend fake failed: cannot read properties of undefined",
    });
  });

  it("is warmed up with zeros, and serves though it does not take them", async () => {
    const runs: unknown[] = [];
    backend.onRun = async ({ inputs }) => {
      runs.push(inputs.get("x")?.shape);
      throw new Error("no zeros, please");
    };
    storage.hold({ picky: [1n] });
    await start();
    expect(runs).toEqual([[1]]);
    expect(states("picky")).toEqual({ 1: "available" });
  });
});

describe("the storage", () => {
  it("is asked again after each poll interval", async () => {
    await start();
    storage.listing = [{ model: "digits", versions: [{ version: 1n, fingerprint: "" }] }];
    await vi.advanceTimersByTimeAsync(1_000);
    await catalog.settled();
    expect(states("digits")).toEqual({ 1: "available" });
  });

  it("may fail without changing what is served, and is complained about once", async () => {
    storage.hold({ digits: [1n] });
    await start();
    storage.listError = new Error("disk on fire");
    await vi.advanceTimersByTimeAsync(5_000);
    expect(states("digits")).toEqual({ 1: "available" });
    expect(logger.messages("error")).toEqual(["The storage cannot be read; what is loaded goes on serving"]);
    expect(events.filter(({ type }) => type === "error-occurred")).toHaveLength(1);
  });

  it("fails the start if it fails at the first look", async () => {
    storage.listError = new Error("disk on fire");
    await expect(start()).rejects.toThrow("disk on fire");
  });

  it("may fail for one model, which goes on with what it has", async () => {
    storage.hold({ digits: [1n], other: [1n] });
    const server = await start();
    await change({ digits: new PlinthError("STORAGE_UNAVAILABLE", "permission denied"), other: [2n] });
    expect(states("digits")).toEqual({ 1: "available" });
    expect(server.status("digits")?.error?.message).toBe("permission denied");
    expect(states("other")).toEqual({ 1: "end", 2: "available" });
  });

  it("is said to have changed a version in service, once", async () => {
    storage.hold({ digits: [1n] });
    await start();
    await change({ digits: [{ version: 1n, fingerprint: "other" }] });
    await change({ digits: [{ version: 1n, fingerprint: "other" }] });
    expect(logger.messages("warn")).toHaveLength(1);
  });
});

describe("a request", () => {
  const x = { dtype: "float32", shape: [2], data: new Float32Array([1, 2]) } as const;
  const settings: ServedModelSettings = {
    ...ALL,
    labels: new Map([
      ["stable", 1n],
      ["gone", 9n],
    ]),
  };

  beforeEach(() => storage.hold({ digits: [1n, 2n] }));

  it.each<[string, object, bigint]>([
    ["the newest version by default", {}, 2n],
    ["a version by number", { version: 1n }, 1n],
    ["a version by label", { label: "stable" }, 1n],
  ])("gets %s", async (_what, target, version) => {
    const server = await start({ models: new Map([["digits", settings]]) });
    const result = await server.infer({ model: "digits", ...target, inputs: new Map([["x", x]]) });
    expect(result).toMatchObject({ model: "digits", version, signature: "serving_default" });
    expect(result.outputs.get("y")).toEqual(x);
    expect(result.timings.computeMs).toBeGreaterThanOrEqual(0);
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
    const server = await start({ models: new Map([["digits", settings]]) });
    const refused = server.acquire(target);
    await expect(refused).rejects.toMatchObject({ reason, message: expect.stringContaining(message) });
  });

  it("is told that a version is loading", async () => {
    const gate = holdLoads();
    storage.hold({ digits: [1n] });
    const starting = start();
    await vi.waitFor(() => expect(backend.loads).toHaveLength(1));
    const server = new LocalModelServer(catalog, new ServerEvents([], logger));
    await expect(server.acquire({ model: "digits" })).rejects.toMatchObject({
      reason: "VERSION_NOT_AVAILABLE",
      message: expect.stringContaining("its state is loading"),
    });
    gate.resolve();
    await starting;
  });

  it("is not run after its deadline or when its client has gone", async () => {
    const server = await start();
    let runs = 0;
    backend.onRun = async () => void runs++;
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
    const server = await start();
    events.length = 0;
    await server.infer({ model: "digits", inputs: new Map([["x", x]]) });
    await server.infer({ model: "made-up", inputs: new Map() }).catch(() => {});
    await server.infer({ model: "digits", inputs: new Map() }).catch(() => {});
    expect(events).toMatchObject([
      { type: "request-finished", model: "digits", version: 2n, error: undefined },
      { type: "request-finished", model: undefined, error: { reason: "MODEL_NOT_FOUND" } },
      { type: "request-finished", model: "digits", version: 2n, error: { reason: "INPUT_MISSING" } },
    ]);
  });

  it("gives up the version also where the run fails", async () => {
    const server = await start();
    backend.onRun = async () => {
      throw new Error("boom");
    };
    await expect(server.infer({ model: "digits", inputs: new Map([["x", x]]) })).rejects.toMatchObject({
      reason: "MODEL_RUN_FAILED",
    });
    await change({ digits: [] });
    expect(states("digits")).toMatchObject({ 2: "end" });
  });
});
