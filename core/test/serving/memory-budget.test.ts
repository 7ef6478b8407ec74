import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { estimatedNeedBytes, MemoryBudget } from "../../src/serving/lifecycle/memory-budget.js";
import { resourcePreserving } from "../../src/serving/lifecycle/transition-policy.js";
import { ALL_VERSIONS, CatalogUnderTest } from "./catalog-under-test.js";

const signal = new AbortController().signal;
const user = (model: string) => ({ model, version: 1n });

describe("a memory budget", () => {
  it("is used up by what is set aside, and given back once", async () => {
    const budget = new MemoryBudget(100);
    const first = await budget.reserve(user("a"), 60, signal);
    await expect(budget.reserve(user("b"), 41, signal)).rejects.toThrow(
      /Model b version 1 needs about 41 bytes, but 60 of .* \(100\) are in use/,
    );
    await budget.reserve(user("c"), 40, signal);
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    await expect(budget.reserve(user("d"), 61, signal)).rejects.toThrow("40 of");
    await budget.reserve(user("e"), 60, signal);
  });

  it("says when something can never fit", async () => {
    await expect(new MemoryBudget(100).reserve(user("a"), 101, signal)).rejects.toThrow("can never fit");
  });

  it("has no bound at 0, and counts 1.2 times the files", async () => {
    await new MemoryBudget(0).reserve(user("a"), Number.MAX_SAFE_INTEGER, signal);
    expect([estimatedNeedBytes(100), estimatedNeedBytes(1)]).toEqual([120, 2]);
  });
});

describe("loading under a budget", () => {
  let subject: CatalogUnderTest;

  beforeEach(() => {
    subject = new CatalogUnderTest();
    subject.sizeVersions(() => 100);
  });

  afterEach(() => subject.stop());

  it("never overdraws it by loads at the same time, and refuses the rest with the figures", async () => {
    subject.storage.hold({ a: [1n], b: [1n], c: [1n] });
    const server = await subject.start({ memoryBudgetBytes: 250 });
    expect(subject.backend.live.size).toBe(2);
    const refused = server.models().flatMap(({ versions }) => versions.flatMap(({ error }) => error ?? []));
    expect(refused).toMatchObject([
      { reason: "MEMORY_BUDGET_EXCEEDED", details: { needBytes: 120, usedBytes: 240, budgetBytes: 250 } },
    ]);
  });

  it("gives back what a failed load had set aside", async () => {
    subject.backend.onLoad = async (key) => {
      if (key === "a/1") throw new Error("broken");
    };
    subject.storage.hold({ a: [1n] });
    await subject.start({ memoryBudgetBytes: 120 });
    await subject.change({ a: [1n], b: [1n] });
    expect(subject.states("b")).toEqual({ 1: "available" });
  });

  it("lets versions take turns where only one fits, if the model is resource-preserving", async () => {
    subject.storage.hold({ a: [1n], b: [] });
    const models = new Map([["a", { labels: new Map(), transition: resourcePreserving }]]);
    await subject.start({ models, memoryBudgetBytes: 120 });
    await subject.change({ a: [1n, 2n] });
    expect(subject.states("a")).toEqual({ 1: "end", 2: "available" });
  });

  it("keeps the old version where both do not fit and the model preserves availability", async () => {
    subject.storage.hold({ a: [1n] });
    await subject.start({
      models: new Map([["a", { ...ALL_VERSIONS, versions: { kind: "latest", count: 1 } }]]),
      memoryBudgetBytes: 120,
    });
    await subject.change({ a: [1n, 2n] });
    expect(subject.states("a")).toEqual({ 1: "available", 2: "error" });
    expect(subject.catalog.status("a")?.versions[0]?.error?.message).toContain("transition: resource-preserving");
  });
});
