import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ConfiguredModel } from "../../src/serving/deployment/model-plan.js";
import { ROOM_TIMEOUT_MS } from "../../src/serving/lifecycle/memory-budget.js";
import { FIRST_RETRY_DELAY_MS } from "../../src/serving/lifecycle/retry-delay.js";
import { resourcePreserving, type TransitionPolicy } from "../../src/serving/lifecycle/transition-policy.js";
import type { LocalModelServer } from "../../src/serving/local-model-server.js";
import { deferred } from "../fakes/deferred.js";
import { CatalogUnderTest } from "./catalog-under-test.js";

const X = { dtype: "float32", shape: [1], data: new Float32Array([1]) } as const;

/** Memory that each version needs but those of `big`, which need three times as much. */
const NEED_BYTES = 120;

let subject: CatalogUnderTest;
let server: LocalModelServer;

beforeEach(() => {
  subject = new CatalogUnderTest();
  subject.sizeVersions((model) => (model.startsWith("big") ? 300 : 100));
});

afterEach(() => subject.stop());

/** A server of these models with room for so many of them, all lazy but those that are named. */
async function serve(
  models: readonly string[],
  room: number,
  eager: readonly string[] = [],
  transition?: TransitionPolicy,
): Promise<LocalModelServer> {
  subject.storage.hold(Object.fromEntries(models.map((model) => [model, [1n]])));
  server = await subject.start({
    models: configured(models, eager, transition),
    loading: "lazy",
    memoryBudgetBytes: NEED_BYTES * room,
  });
  return server;
}

function configured(
  models: readonly string[],
  eager: readonly string[],
  transition?: TransitionPolicy,
): ReadonlyMap<string, ConfiguredModel> {
  return new Map(
    models.map((model) => [
      model,
      { labels: new Map(), loading: eager.includes(model) ? "eager" : undefined, transition },
    ]),
  );
}

async function ask(...models: readonly string[]): Promise<void> {
  for (const model of models) await server.infer({ model, inputs: new Map([["x", X]]) });
}

function inMemory(): readonly string[] {
  return [...subject.backend.live].map((key) => key.replace("/1", "")).sort();
}

describe("a lazy version that does not fit", () => {
  it("takes the place of the least recently used one, not of that which was loaded first", async () => {
    await serve(["a", "b", "c"], 2);
    await ask("a", "b", "a", "c");
    expect(inMemory()).toEqual(["a", "c"]);
    expect(subject.states("b")).toEqual({ 1: "start" });
    await ask("b");
    expect(inMemory()).toEqual(["b", "c"]);
  });

  it("takes the place of as many as it needs and no more", async () => {
    await serve(["a", "b", "c", "d", "big"], 5);
    await ask("a", "b", "c", "d", "big");
    expect(inMemory()).toEqual(["big", "c", "d"]);
  });

  it("is not loaded before the memory is really given back", async () => {
    await serve(["a", "b"], 1);
    const freed = deferred();
    const load = subject.backend.load.bind(subject.backend);
    subject.backend.load = async (...parameters) => {
      const loaded = await load(...parameters);
      return {
        ...loaded,
        [Symbol.asyncDispose]: async () => {
          await freed.promise;
          await loaded[Symbol.asyncDispose]();
        },
      };
    };
    await ask("a");
    const asked = ask("b");
    await vi.waitFor(() => expect(subject.states("a")).toEqual({ 1: "unloading" }));
    expect(subject.backend.loads).toEqual(["a/1"]);
    const back = ask("a");
    freed.resolve();
    await Promise.all([asked, back]);
    expect(subject.backend.loads).toEqual(["a/1", "b/1", "a/1"]);
  });

  it("is said in the log and to the monitors to have had another one unloaded", async () => {
    await serve(["a", "b"], 1);
    await ask("a");
    subject.events.length = 0;
    await ask("b");
    expect(subject.logger.messages("info")).toContain(
      "Model a version 1 is unloaded to make room for model b version 1",
    );
    const moves = subject.events.flatMap((event) =>
      event.type === "version-state-changed" && event.model === "a" ? [`${event.from}>${event.to}`] : [],
    );
    expect(moves).toEqual(["available>unloading", "unloading>end", "end>start"]);
  });

  it("is refused with the figures where nothing could make room, and nothing is unloaded for it", async () => {
    await serve(["a", "b", "big"], 3, ["a"]);
    await ask("b");
    await expect(ask("big")).rejects.toMatchObject({
      reason: "VERSION_NOT_AVAILABLE",
      message: expect.stringMatching(
        /big version 1 needs about 360 bytes, but 240 of server.memoryBudgetBytes \(360\) are in use, of which .* 120;/,
      ),
      cause: {
        reason: "MEMORY_BUDGET_EXCEEDED",
        details: { needBytes: 360, usedBytes: 240, unusedBytes: 120, budgetBytes: 360 },
      },
    });
    expect(inMemory()).toEqual(["a", "b"]);
  });

  it("waits until one that is in use is let go, and takes its place in that very moment", async () => {
    await serve(["a", "b"], 1);
    const handle = await server.acquire({ model: "a" });
    const asked = ask("b");
    await vi.waitFor(() => expect(subject.states("b")).toEqual({ 1: "loading" }));
    await vi.advanceTimersByTimeAsync(ROOM_TIMEOUT_MS - 1);
    expect(inMemory()).toEqual(["a"]);
    handle[Symbol.dispose]();
    expect(subject.states("a")).toEqual({ 1: "unloading" });
    await asked;
    expect(inMemory()).toEqual(["b"]);
  });

  it("is refused after a while where those in its way stay in use, and may try again soon", async () => {
    await serve(["a", "b"], 1);
    const handle = await server.acquire({ model: "a" });
    for (let attempt = 0; attempt < 4; attempt++) {
      await Promise.all([
        expect(ask("b")).rejects.toThrow(/give back 0; requests held the others for 10 seconds/),
        vi.advanceTimersByTimeAsync(ROOM_TIMEOUT_MS),
      ]);
      expect(server.readiness().reasons).toEqual([expect.stringContaining("Model b version 1 is in state error")]);
      await vi.advanceTimersByTimeAsync(FIRST_RETRY_DELAY_MS);
      expect(server.readiness().ready).toBe(true);
    }
    expect(inMemory()).toEqual(["a"]);
    handle[Symbol.dispose]();
    await ask("b");
    expect(inMemory()).toEqual(["b"]);
  });

  it("waits for memory that comes back for another reason", async () => {
    await serve(["a", "b"], 1);
    const handle = await server.acquire({ model: "a" });
    subject.storage.hold({ b: [1n] });
    await subject.catalog.refresh();
    expect(subject.states("a")).toEqual({ 1: "unloading" });
    const asked = ask("b");
    await vi.waitFor(() => expect(subject.states("b")).toEqual({ 1: "loading" }));
    handle[Symbol.dispose]();
    await asked;
    expect(inMemory()).toEqual(["b"]);
  });

  it("gives up its place in the queue when it is not wanted any more", async () => {
    await serve(["a", "b"], 1);
    using _handle = await server.acquire({ model: "a" });
    const asked = ask("b");
    await vi.waitFor(() => expect(subject.states("b")).toEqual({ 1: "loading" }));
    subject.storage.hold({ a: [1n] });
    await subject.catalog.refresh();
    await expect(asked).rejects.toMatchObject({ reason: "VERSION_NOT_AVAILABLE" });
    expect(subject.states("b")).toEqual({ 1: "end" });
  });
});

describe("what makes room", () => {
  it("is never an eager version", async () => {
    await serve(["a", "b", "c"], 2, ["a"]);
    await ask("b", "a", "b", "c", "b", "c");
    expect(subject.backend.loads).toEqual(["a/1", "b/1", "c/1", "b/1", "c/1"]);
    expect(inMemory()).toEqual(["a", "c"]);
  });

  it("is never a version in use, though it is the least recently used", async () => {
    await serve(["a", "b", "c"], 2);
    using _handle = await server.acquire({ model: "a" });
    await ask("b", "c");
    expect(inMemory()).toEqual(["a", "c"]);
  });

  it("is a lazy version also for the sake of an eager one", async () => {
    await serve(["a", "b", "c"], 2, ["a"]);
    await ask("b");
    await subject.configure(configured(["a", "b", "c"], ["a", "c"]));
    expect(inMemory()).toEqual(["a", "c"]);
    expect(subject.states("b")).toEqual({ 1: "start" });
  });

  it("is not a version that stands in for its successor, since it would not come back", async () => {
    await serve(["a", "b"], 1);
    await ask("a");
    await subject.change({ a: [1n, 2n], b: [1n] });
    expect(subject.states("a")).toEqual({ 1: "available", 2: "error" });
    await expect(ask("b")).rejects.toThrow("needs about 120 bytes");
    await vi.advanceTimersByTimeAsync(7 * FIRST_RETRY_DELAY_MS);
    expect(
      subject.storage.opened.filter((version) => version === "a/2"),
      "with pauses that double",
    ).toHaveLength(4);
    await ask("a");
    expect(inMemory()).toEqual(["a"]);
  });

  it("is a version that was loaded ahead of requests, too", async () => {
    await serve(["a", "b"], 1);
    subject.catalog.load("a");
    await subject.catalog.settled();
    await ask("b");
    expect(inMemory()).toEqual(["b"]);
  });
});

const SEEDS = [1, 2, 3, 4, 5];

/** Numbers from 0 to below 1, the same each time for a seed: mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe("models that take turns in memory for one", () => {
  const MODELS = ["a", "b", "c"];

  it("are each answered when asked in turn", async () => {
    await serve(MODELS, 1);
    for (let round = 0; round < 20; round++) await ask(...MODELS);
    expect(subject.backend.loads).toHaveLength(60);
    expect(subject.backend.live.size).toBe(1);
  });

  it("are each answered when asked all at the same time, and never overdraw the memory", async () => {
    await serve(MODELS, 1);
    let most = 0;
    subject.backend.onRun = async () => {
      most = Math.max(most, subject.backend.live.size);
    };
    const clients = Array.from({ length: 12 }, (_, client) => {
      const own = MODELS.map((_model, index) => MODELS[(client + index) % MODELS.length] ?? "");
      return ask(...own, ...own, ...own, ...own);
    });
    await Promise.all(clients);
    expect(most).toBe(1);
    expect(subject.backend.live.size).toBe(1);
  });

  it.each(SEEDS)(
    "keep within the memory and answer or refuse every request, whatever comes (seed %s)",
    async (seed) => {
      const random = randomFrom(seed);
      const models = ["a", "b", "c", "big", "eager"];
      await serve(models, 4, ["eager"], resourcePreserving);
      let most = 0;
      subject.backend.onLoad = async (key) => {
        const loaded = [...subject.backend.live, key].filter((each, index, all) => all.indexOf(each) === index);
        most = Math.max(
          most,
          loaded.reduce((sum, each) => sum + (each.startsWith("big") ? 3 : 1), 0),
        );
        await new Promise((resolve) => setTimeout(resolve, 10 * random()));
        if (random() < 0.1) throw new Error("out of luck");
      };
      const outcomes: Promise<string>[] = [];
      const outcomeOf = (work: Promise<unknown>) =>
        work.then(
          () => "answered",
          (error: { readonly reason?: string }) => error.reason ?? String(error),
        );
      for (let step = 0; step < 600; step++) {
        const model = models[Math.floor(random() * models.length)] ?? "a";
        const chance = random();
        if (chance < 0.6) outcomes.push(outcomeOf(ask(model)));
        else if (chance < 0.7) {
          const held = server.acquire({ model }).then((handle) => setTimeout(() => handle[Symbol.dispose](), 200));
          outcomes.push(outcomeOf(held));
        } else if (chance < 0.75) {
          const present = models.filter(() => random() < 0.8);
          subject.storage.hold(Object.fromEntries(present.map((each) => [each, [1n, 2n].slice(0, 1 + (step % 2))])));
          void subject.catalog.refresh();
        } else if (chance < 0.8) subject.catalog.load(model);
        else await vi.advanceTimersByTimeAsync(100 * random());
      }
      subject.backend.onLoad = async () => {};
      subject.storage.hold(Object.fromEntries(models.map((model) => [model, [1n]])));
      await subject.catalog.refresh();
      await vi.advanceTimersByTimeAsync(10 * ROOM_TIMEOUT_MS);
      const settled = await Promise.all(outcomes);
      const known = ["answered", "MEMORY_IN_USE", "VERSION_NOT_AVAILABLE", "VERSION_NOT_FOUND", "MODEL_NOT_FOUND"];
      expect(settled.filter((outcome) => !known.includes(outcome))).toEqual([]);
      expect(settled.filter((outcome) => outcome === "answered").length).toBeGreaterThan(settled.length / 4);
      expect(most).toBeLessThanOrEqual(4);
      await ask("a", "big", "b", "c", "eager");
    },
  );

  it("stop in the midst of it", async () => {
    await serve(MODELS, 1);
    const gate = subject.holdLoads();
    const asked = Promise.allSettled(MODELS.map((model) => ask(model)));
    await vi.waitFor(() => expect(subject.backend.loads).toHaveLength(1));
    const stopped = subject.catalog.stop();
    gate.resolve();
    await stopped;
    expect((await asked).map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  });
});

describe("a lazy version that nobody uses for a while", () => {
  it("is unloaded, and loaded again for the next request", async () => {
    subject.storage.hold({ a: [1n], b: [1n], c: [1n] });
    const models = configured(["a", "b", "c"], ["c"]);
    server = await subject.start({ models, loading: "lazy", idleUnloadMs: 1_000 });
    const handle = await server.acquire({ model: "b" });
    await ask("a");
    for (let time = 0; time < 20; time++) {
      await vi.advanceTimersByTimeAsync(250);
      await ask("a");
    }
    expect(inMemory()).toEqual(["a", "b", "c"]);
    handle[Symbol.dispose]();
    await vi.advanceTimersByTimeAsync(999);
    expect(inMemory()).toEqual(["a", "b", "c"]);
    await vi.advanceTimersByTimeAsync(500);
    expect(inMemory()).toEqual(["c"]);
    expect(subject.logger.messages("info")).toContain(
      "Model a version 1 is unloaded since no request came for 1000 ms",
    );
    await ask("a");
    expect(inMemory()).toEqual(["a", "c"]);
  });
});
