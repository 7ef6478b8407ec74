import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PlinthError, type TrafficRules } from "../../src/index.js";
import { DeploymentsUnderTest, rejection } from "./deployments-under-test.js";

const X = { dtype: "float32", shape: [1], data: new Float32Array([1]) } as const;

let subject: DeploymentsUnderTest;

beforeEach(async () => {
  subject = await DeploymentsUnderTest.start({ loading: "lazy" });
  await subject.change({ kind: "set-versions", versions: { kind: "all" } });
});

afterEach(() => subject[Symbol.asyncDispose]());

async function ask(target: { version?: bigint; label?: string } = {}): Promise<bigint> {
  const { version } = await subject.server.infer({ model: "digits", ...target, inputs: new Map([["x", X]]) });
  return version;
}

function setTraffic(split: Record<string, number>, rules: Omit<TrafficRules, "split"> = {}) {
  return subject.change({ kind: "set-traffic", traffic: { split: new Map(Object.entries(split)), ...rules } });
}

function failLoadsOf(version: bigint): void {
  subject.backend.onLoad = async (key) => {
    if (key === `digits/${version}`) throw new PlinthError("MODEL_FILE_INVALID", "model.fake is damaged");
  };
}

describe("a label", () => {
  it("may be given to a lazy version that is not loaded, which its first request then has loaded", async () => {
    await subject.change({ kind: "set-label", label: "stable", version: 1n });
    expect(subject.available()).toEqual([]);
    expect(await ask({ label: "stable" })).toBe(1n);
    expect(subject.available()).toEqual([1n]);
  });

  it("is refused for a lazy version whose last load failed", async () => {
    failLoadsOf(1n);
    await expect(ask({ version: 1n })).rejects.toThrow("damaged");
    const error = await rejection(subject.change({ kind: "set-label", label: "stable", version: 1n }));
    expect(error).toMatchObject({ reason: "VERSION_NOT_AVAILABLE", message: expect.stringContaining("(error)") });
  });

  it("is refused for a version that is not wanted, as of any model", async () => {
    await subject.change({ kind: "set-versions", versions: { kind: "latest", count: 1 } });
    const error = await rejection(subject.change({ kind: "set-label", label: "stable", version: 1n }));
    expect(error).toMatchObject({ reason: "VERSION_NOT_AVAILABLE" });
  });
});

describe("a traffic split", () => {
  it("has a lazy target loaded rather than give its share away", async () => {
    expect(await ask({ version: 3n })).toBe(3n);
    await setTraffic({ "1": 50, "3": 50 });
    const answered = await Promise.all(Array.from({ length: 400 }, () => ask()));
    const share = answered.filter((version) => version === 1n).length / 4;
    expect(Math.abs(share - 50)).toBeLessThan(15);
    expect(subject.available()).toEqual([3n, 1n]);
  });

  it("gives the share of a lazy target away that cannot be loaded, also of requests that waited for it", async () => {
    failLoadsOf(1n);
    await setTraffic({ "1": 1_000_000, "3": 1 });
    expect(await Promise.all([ask(), ask()])).toEqual([3n, 3n]);
    expect(await ask()).toBe(3n);
  });

  it("never has a version loaded for the sake of mirroring, and mirrors to it once it is loaded", async () => {
    await setTraffic({ "3": 1 }, { shadow: { to: "1", percent: 100 } });
    await ask();
    expect(subject.available()).toEqual([3n]);
    await subject.change({ kind: "load", version: 1n });
    await ask();
    await expect.poll(() => subject.server.status("digits")?.shadow).toMatchObject({ version: 1n, agreed: 1 });
  });
});

describe("loading and unloading by hand", () => {
  it("loads a lazy version ahead of requests, or all that are wanted", async () => {
    await subject.change({ kind: "load", version: 2n });
    expect(subject.available()).toEqual([2n]);
    await subject.change({ kind: "load" });
    expect(subject.available()).toEqual([3n, 2n, 1n]);
  });

  it("loads a version that the configuration pins, but none that it leaves out", async () => {
    const pinned = {
      versions: { kind: "specific", versions: [1n] },
      labels: new Map(),
      pins: new Map([["versions", "config.yaml:4:5"]]),
    } as const;
    await using pinning = await DeploymentsUnderTest.start({ models: new Map([["digits", pinned]]), loading: "lazy" });
    await pinning.change({ kind: "load", version: 1n });
    expect(pinning.available()).toEqual([1n]);
    const error = await rejection(pinning.change({ kind: "load", version: 2n }));
    expect(error).toMatchObject({ reason: "PINNED_BY_CONFIG" });
  });

  it("takes a lazy version out of service, loaded or not, so that no request brings it back", async () => {
    await ask({ version: 1n });
    for (const version of [1n, 2n]) {
      await subject.change({ kind: "unload", version });
      await expect(ask({ version })).rejects.toMatchObject({ reason: "VERSION_NOT_FOUND" });
    }
    expect(subject.available(), "the newest has taken over from the one in memory").toEqual([3n]);
    await subject.change({ kind: "unload" });
    expect(subject.available()).toEqual([]);
    await expect(ask()).rejects.toMatchObject({ reason: "VERSION_NOT_AVAILABLE" });
  });

  it("does not load again what was loaded by hand when the server starts again", async () => {
    await subject.change({ kind: "load", version: 2n });
    await using again = await DeploymentsUnderTest.start({ storage: subject.storage, loading: "lazy" });
    expect(again.available()).toEqual([]);
  });
});
