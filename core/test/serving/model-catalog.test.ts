import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PlinthError } from "../../src/index.js";
import { InlineModel } from "../../src/serving/execution/inline-model.js";
import { LOCAL_EXECUTOR, type ModelExecutor } from "../../src/serving/execution/model-executor.js";
import { ENDED_RETENTION_MS } from "../../src/serving/lifecycle/model-lifecycle.js";
import { FIRST_RETRY_DELAY_MS } from "../../src/serving/lifecycle/retry-delay.js";
import { ALL_VERSIONS, CatalogUnderTest } from "./catalog-under-test.js";

let subject: CatalogUnderTest;

beforeEach(() => {
  subject = new CatalogUnderTest();
});

afterEach(() => subject.stop());

describe("a model's versions", () => {
  it("serves the newest version of every model that the storage holds", async () => {
    subject.storage.hold({ digits: [1n, 2n], other: [7n] });
    await subject.start();
    expect(subject.states("digits")).toEqual({ 2: "available" });
    expect(subject.catalog.servables.get("other")?.newest.version).toBe(7n);
  });

  it("serves only the models that are configured, and knows those that the storage does not hold", async () => {
    subject.storage.hold({ digits: [1n], other: [7n] });
    const server = await subject.start({
      models: new Map([
        ["digits", ALL_VERSIONS],
        ["absent", ALL_VERSIONS],
      ]),
    });
    expect(server.models().map(({ model }) => model)).toEqual(["absent", "digits"]);
    expect(server.readiness()).toEqual({ ready: false, reasons: ["Model absent has no version in the storage"] });
  });

  it("is available only once the new version can be fetched, and unloads the old one only after that", async () => {
    subject.storage.hold({ digits: [1n] });
    await subject.start();
    const gate = subject.holdLoads();
    subject.storage.hold({ digits: [1n, 2n] });
    await subject.catalog.refresh();
    expect(subject.states("digits")).toEqual({ 1: "available", 2: "loading" });
    expect(subject.catalog.servables.get("digits")?.newest.version).toBe(1n);
    gate.resolve();
    await subject.catalog.settled();
    expect(subject.states("digits")).toEqual({ 1: "end", 2: "available" });
    expect(subject.catalog.servables.get("digits")?.newest.version).toBe(2n);
  });

  it("follows the states of the table, in that order", async () => {
    subject.storage.hold({ digits: [1n] });
    await subject.start();
    await subject.change({ digits: [] });
    const moves = subject.events.flatMap((event) =>
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
    subject.storage.hold({ digits: [1n] });
    const server = await subject.start();
    const handle = await server.acquire({ model: "digits" });
    subject.storage.hold({ digits: [1n, 2n] });
    await subject.catalog.refresh();
    await vi.waitFor(() => expect(subject.states("digits")).toEqual({ 1: "unloading", 2: "available" }));
    expect(subject.backend.live).toContain("digits/1");
    handle[Symbol.dispose]();
    handle[Symbol.dispose]();
    await subject.catalog.settled();
    expect(subject.backend.live).not.toContain("digits/1");
    expect(subject.states("digits")).toEqual({ 1: "end", 2: "available" });
  });

  it("keeps a version that is wanted again while it goes down, by loading it anew", async () => {
    subject.storage.hold({ digits: [1n] });
    const server = await subject.start({ models: new Map([["digits", ALL_VERSIONS]]) });
    const handle = await server.acquire({ model: "digits" });
    subject.storage.hold({ digits: [] });
    await subject.catalog.refresh();
    expect(subject.states("digits")).toEqual({ 1: "unloading" });
    subject.storage.hold({ digits: [1n] });
    await subject.catalog.refresh();
    handle[Symbol.dispose]();
    await subject.catalog.settled();
    expect(subject.states("digits")).toEqual({ 1: "available" });
    expect(subject.backend.loads).toEqual(["digits/1", "digits/1"]);
  });

  it("abandons a load that is no longer wanted", async () => {
    subject.storage.hold({ digits: [1n] });
    await subject.start();
    subject.backend.onLoad = (_key, signal) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    subject.storage.hold({ digits: [1n, 2n] });
    await subject.catalog.refresh();
    await subject.change({ digits: [1n] });
    expect(subject.states("digits")).toEqual({ 1: "available", 2: "end" });
  });

  it("frees a model whose load succeeded in spite of being abandoned", async () => {
    subject.storage.hold({ digits: [1n] });
    await subject.start();
    const gate = subject.holdLoads();
    subject.storage.hold({ digits: [1n, 2n] });
    await subject.catalog.refresh();
    subject.storage.hold({ digits: [1n] });
    await subject.catalog.refresh();
    gate.resolve();
    await subject.catalog.settled();
    expect(subject.states("digits")).toEqual({ 1: "available", 2: "end" });
    expect(subject.backend.live).toEqual(new Set(["digits/1"]));
  });

  it("forgets ended versions after a while", async () => {
    subject.storage.hold({ digits: [1n, 2n] });
    await subject.start({ models: new Map([["digits", ALL_VERSIONS]]) });
    await subject.change({ digits: [2n] });
    expect(subject.states("digits")).toEqual({ 1: "end", 2: "available" });
    await vi.advanceTimersByTimeAsync(ENDED_RETENTION_MS);
    expect(subject.states("digits")).toEqual({ 2: "available" });
  });

  it("forgets a model that has gone from the storage, unless it is configured", async () => {
    subject.storage.hold({ digits: [1n] });
    const server = await subject.start();
    await subject.change({});
    await vi.advanceTimersByTimeAsync(ENDED_RETENTION_MS + 2_000);
    expect(server.models()).toEqual([]);
  });
});

describe("a broken model", () => {
  const broken = () => new PlinthError("MODEL_FILE_INVALID", "model.fake is damaged");

  it("shows its error and does not stop another", async () => {
    subject.backend.onLoad = async (key) => {
      if (key === "bad/1") throw broken();
    };
    subject.storage.hold({ bad: [1n], good: [1n] });
    const server = await subject.start();
    expect(server.status("bad")?.versions).toMatchObject([
      { state: "error", error: { message: "model.fake is damaged" } },
    ]);
    expect(subject.states("good")).toEqual({ 1: "available" });
    expect(server.readiness().reasons).toEqual(["Model bad version 1 is in state error: model.fake is damaged"]);
  });

  it("is tried again with pauses that double", async () => {
    subject.backend.onLoad = async () => {
      throw broken();
    };
    subject.storage.hold({ bad: [1n] });
    await subject.start();
    expect(subject.backend.loads).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(FIRST_RETRY_DELAY_MS);
    expect(subject.backend.loads).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(FIRST_RETRY_DELAY_MS);
    expect(subject.backend.loads).toHaveLength(2);
    subject.backend.onLoad = async () => {};
    await vi.advanceTimersByTimeAsync(FIRST_RETRY_DELAY_MS);
    expect(subject.states("bad")).toEqual({ 1: "available" });
    expect(subject.catalog.status("bad")?.versions[0]?.error).toBeUndefined();
  });

  it("is tried again at once when its files were mended", async () => {
    subject.backend.onLoad = async () => {
      throw broken();
    };
    subject.storage.hold({ bad: [{ version: 1n, fingerprint: "damaged" }] });
    await subject.start();
    subject.backend.onLoad = async () => {};
    await subject.change({ bad: [{ version: 1n, fingerprint: "mended" }] });
    expect(subject.states("bad")).toEqual({ 1: "available" });
  });

  it("keeps the version before it in service", async () => {
    subject.storage.hold({ digits: [1n] });
    const server = await subject.start();
    subject.backend.onLoad = async () => {
      throw broken();
    };
    await subject.change({ digits: [1n, 2n] });
    expect(subject.states("digits")).toEqual({ 1: "available", 2: "error" });
    using handle = await server.acquire({ model: "digits" });
    expect(handle.version).toBe(1n);
  });

  it("is told by the format that nobody takes", async () => {
    subject.backend.recognizes = () => false;
    subject.storage.hold({ odd: [1n] });
    await subject.start();
    expect(subject.catalog.status("odd")?.versions[0]?.error).toMatchObject({ reason: "MODEL_FORMAT_UNKNOWN" });
  });

  it("gets a fault of the backend told with the backend's name", async () => {
    subject.backend.onLoad = async () => {
      throw new TypeError("cannot read properties of undefined");
    };
    subject.storage.hold({ odd: [1n] });
    await subject.start();
    expect(subject.catalog.status("odd")?.versions[0]?.error).toMatchObject({
      reason: "PLUGIN_FAILED",
      message: "Backend fake failed: cannot read properties of undefined",
    });
  });

  it("is warmed up with zeros, and serves though it does not take them", async () => {
    const runs: unknown[] = [];
    subject.backend.onRun = async ({ inputs }) => {
      runs.push(inputs.get("x")?.shape);
      throw new Error("no zeros, please");
    };
    subject.storage.hold({ picky: [1n] });
    await subject.start();
    expect(runs).toEqual([[1]]);
    expect(subject.states("picky")).toEqual({ 1: "available" });
  });
});

describe("the storage", () => {
  it("is asked again after each poll interval", async () => {
    await subject.start();
    subject.storage.listing = [{ model: "digits", versions: [{ version: 1n, fingerprint: "" }] }];
    await vi.advanceTimersByTimeAsync(1_000);
    await subject.catalog.settled();
    expect(subject.states("digits")).toEqual({ 1: "available" });
  });

  it("may fail without changing what is served, and is complained about once", async () => {
    subject.storage.hold({ digits: [1n] });
    await subject.start();
    subject.storage.listError = new Error("disk on fire");
    await vi.advanceTimersByTimeAsync(5_000);
    expect(subject.states("digits")).toEqual({ 1: "available" });
    expect(subject.logger.messages("error")).toEqual(["The storage cannot be read; what is loaded goes on serving"]);
    expect(subject.events.filter(({ type }) => type === "error-occurred")).toHaveLength(1);
  });

  it("fails the start if it fails at the first look", async () => {
    subject.storage.listError = new Error("disk on fire");
    await expect(subject.start()).rejects.toThrow("disk on fire");
  });

  it("may fail for one model, which goes on with what it has", async () => {
    subject.storage.hold({ digits: [1n], other: [1n] });
    const server = await subject.start();
    await subject.change({ digits: new PlinthError("STORAGE_UNAVAILABLE", "permission denied"), other: [2n] });
    expect(subject.states("digits")).toEqual({ 1: "available" });
    expect(server.status("digits")?.error?.message).toBe("permission denied");
    expect(subject.states("other")).toEqual({ 1: "end", 2: "available" });
  });

  it("is said to have changed a version in service, once", async () => {
    subject.storage.hold({ digits: [1n] });
    await subject.start();
    await subject.change({ digits: [{ version: 1n, fingerprint: "other" }] });
    await subject.change({ digits: [{ version: 1n, fingerprint: "other" }] });
    expect(subject.logger.messages("warn")).toHaveLength(1);
  });
});

describe("a storage that has files in memory", () => {
  it.each([
    ["bytes", "a backend that reads them", true, "auto", true],
    ["bytes", "one in worker threads", true, "thread", true],
    ["a folder", "one in a child process", true, "process", false],
    ["a folder", "a backend that does not read bytes", false, "auto", false],
  ] as const)("gives %s to %s", async (_what, _whom, readsContents, executor, givesContents) => {
    subject.storage.holdsContents = true;
    subject.backend.readsContents = readsContents;
    subject.storage.hold({ m: [1n] });
    const execution = { executor, instances: 1, maxQueuedRequests: 0 } as const;
    const seen: boolean[] = [];
    const execute: ModelExecutor["execute"] = async ({ files, source }, signal) => {
      seen.push(files.contents !== undefined);
      return new InlineModel(await source.backend.load(files, { model: "m", version: 1n, signal }));
    };
    await subject.start({
      models: new Map([["m", { ...ALL_VERSIONS, execution }]]),
      executor: { ...LOCAL_EXECUTOR, execute },
    });
    expect(seen).toEqual([givesContents]);
    expect(subject.storage.openHandles).toBe(1);
  });
});

describe("a model whose folder changes", () => {
  const from = (folder: string, ...versions: bigint[]) => [
    { model: "digits", folder, versions: versions.map((version) => ({ version, fingerprint: folder })) },
  ];

  async function moveTo(folder: string, ...versions: bigint[]): Promise<void> {
    subject.storage.listing = from(folder, ...versions);
    await subject.catalog.refresh();
    await subject.catalog.settled();
  }

  it("has other versions loaded before the old ones go", async () => {
    subject.storage.listing = from("/old", 1n);
    await subject.start();
    const gate = subject.holdLoads();
    subject.storage.listing = from("/new", 2n);
    await subject.catalog.refresh();
    expect(subject.states("digits")).toEqual({ 1: "available", 2: "loading" });
    gate.resolve();
    await subject.catalog.settled();
    expect(subject.states("digits")).toEqual({ 1: "end", 2: "available" });
  });

  it("has a version of the same number loaded again, from there", async () => {
    subject.storage.listing = from("/old", 1n);
    await subject.start();
    await moveTo("/new", 1n);
    expect(subject.states("digits")).toEqual({ 1: "available" });
    expect(subject.backend.loads).toEqual(["digits/1", "digits/1"]);
    await moveTo("/new", 1n);
    expect(subject.backend.loads).toHaveLength(2);
  });

  it("gives up the load of a version from the old folder", async () => {
    await subject.start();
    const gate = subject.holdLoads();
    subject.storage.listing = from("/old", 1n);
    await subject.catalog.refresh();
    subject.storage.listing = from("/new", 1n);
    await subject.catalog.refresh();
    gate.resolve();
    await subject.catalog.settled();
    expect(subject.states("digits")).toEqual({ 1: "available" });
    expect(subject.storage.opened).toEqual(["digits/1", "digits/1"]);
  });

  it("tries again at once what failed in the old one", async () => {
    subject.backend.onLoad = () => Promise.reject(new Error("broken"));
    subject.storage.listing = from("/old", 1n);
    await subject.start();
    subject.backend.onLoad = async () => {};
    await moveTo("/new", 1n);
    expect(subject.states("digits")).toEqual({ 1: "available" });
  });
});

it("looks no second time by itself where the pause is 0", async () => {
  await subject.start({ pollIntervalMs: 0 });
  subject.storage.listing = [{ model: "digits", versions: [{ version: 1n, fingerprint: "first" }] }];
  await vi.advanceTimersByTimeAsync(100_000_000);
  expect(subject.states("digits")).toEqual({});
  await subject.catalog.refresh();
  await subject.catalog.settled();
  expect(subject.states("digits")).toEqual({ 1: "available" });
});
