import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ShadowCompared, TrafficRules } from "../../src/index.js";
import { compareOutputs } from "../../src/serving/routing/compare-outputs.js";
import { MAX_SHADOW_REQUESTS } from "../../src/serving/routing/shadow-traffic.js";
import { stickyPosition } from "../../src/serving/routing/sticky-position.js";
import { deferred } from "../fakes/deferred.js";
import { DeploymentsUnderTest, rejection } from "./deployments-under-test.js";

const X = { dtype: "float32", shape: [2], data: new Float32Array([1, 2]) } as const;

let subject: DeploymentsUnderTest;

beforeEach(async () => {
  subject = await DeploymentsUnderTest.start();
  await subject.change({ kind: "set-versions", versions: { kind: "all" } });
  await subject.change({ kind: "set-label", label: "stable", version: 1n });
  await subject.change({ kind: "set-label", label: "canary", version: 2n });
});

afterEach(async () => {
  await subject[Symbol.asyncDispose]();
});

function setTraffic(split: Record<string, number>, rules: Omit<TrafficRules, "split"> = {}) {
  return subject.change({ kind: "set-traffic", traffic: { split: new Map(Object.entries(split)), ...rules } });
}

async function versionFor(user?: string): Promise<bigint> {
  const header = (name: string) => (name === "x-user" ? user : undefined);
  using handle = await subject.server.acquire({ model: "digits", header });
  return handle.version;
}

async function sharesOf(requests: number, user?: (index: number) => string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let index = 0; index < requests; index++) {
    const version = String(await versionFor(user?.(index)));
    counts[version] = (counts[version] ?? 0) + 100 / requests;
  }
  return counts;
}

describe("a traffic split", () => {
  it("gives all to the newest version where there is none", async () => {
    expect(await sharesOf(100)).toEqual({ 3: expect.closeTo(100) });
  });

  it("shares out requests by weight", async () => {
    await setTraffic({ stable: 90, canary: 10 });
    const shares = await sharesOf(10_000);
    expect(Math.abs((shares[1] ?? 0) - 90)).toBeLessThan(2);
    expect(Math.abs((shares[2] ?? 0) - 10)).toBeLessThan(2);
  });

  it("takes weights of any sum and versions by number", async () => {
    await setTraffic({ "1": 1, "2": 1, "3": 2 });
    const shares = await sharesOf(10_000);
    expect(Math.abs((shares[3] ?? 0) - 50)).toBeLessThan(2);
  });

  it("leaves requests alone that name a version or a label", async () => {
    await setTraffic({ stable: 1 });
    using byVersion = await subject.server.acquire({ model: "digits", version: 3n });
    using byLabel = await subject.server.acquire({ model: "digits", label: "canary" });
    expect([byVersion.version, byLabel.version]).toEqual([3n, 2n]);
  });

  it("follows a label that is moved", async () => {
    await setTraffic({ stable: 1 });
    await subject.change({ kind: "set-label", label: "stable", version: 3n });
    expect(await versionFor()).toBe(3n);
  });

  it("gives the share of a target that is not available to the others", async () => {
    await subject.change({ kind: "set-label", label: "next", version: 9n, allowUnavailable: true });
    await setTraffic({ next: 50, stable: 40, canary: 10 });
    const shares = await sharesOf(5_000);
    expect(shares[3]).toBeUndefined();
    expect(Math.abs((shares[1] ?? 0) - 80)).toBeLessThan(3);
  });

  it("says so where no target is available", async () => {
    await subject.change({ kind: "set-label", label: "next", version: 9n, allowUnavailable: true });
    await setTraffic({ next: 1 });
    const error = await rejection(subject.server.acquire({ model: "digits" }));
    expect(error).toMatchObject({ reason: "VERSION_NOT_AVAILABLE" });
  });
});

describe("sticky traffic", () => {
  it("gives a key the same version each time, and all keys together their shares", async () => {
    await setTraffic({ stable: 70, canary: 30 }, { stickyBy: "x-user" });
    const first = await Promise.all(Array.from({ length: 200 }, (_, index) => versionFor(`user-${index}`)));
    const again = await Promise.all(Array.from({ length: 200 }, (_, index) => versionFor(`user-${index}`)));
    expect(again).toEqual(first);
    const shares = await sharesOf(10_000, (index) => `user-${index}`);
    expect(Math.abs((shares[1] ?? 0) - 70)).toBeLessThan(2);
  });

  it("moves only as many keys as the weights move", async () => {
    await setTraffic({ stable: 90, canary: 10 }, { stickyBy: "x-user" });
    const before = await Promise.all(Array.from({ length: 2_000 }, (_, index) => versionFor(`user-${index}`)));
    await setTraffic({ stable: 80, canary: 20 }, { stickyBy: "x-user" });
    const after = await Promise.all(Array.from({ length: 2_000 }, (_, index) => versionFor(`user-${index}`)));
    const moved = after.filter((version, index) => version !== before[index]).length;
    expect(Math.abs(moved / 20 - 10)).toBeLessThan(2);
  });

  it("spreads keys evenly, also such as differ in one character, and differently for each model", () => {
    const positions = Array.from({ length: 10_000 }, (_, index) => stickyPosition("digits", String(index)));
    for (let bin = 0; bin < 10; bin++) {
      const inBin = positions.filter((position) => Math.floor(position * 10) === bin).length;
      expect(Math.abs(inBin / 100 - 10)).toBeLessThan(1.5);
    }
    expect(stickyPosition("digits", "ada")).not.toBe(stickyPosition("letters", "ada"));
  });
});

describe("shadow traffic", () => {
  const compared = () => subject.events.filter((event): event is ShadowCompared => event.type === "shadow-compared");

  it("mirrors answered requests, compares, and tells the monitors", async () => {
    await setTraffic({ stable: 1 }, { shadow: { to: "canary", percent: 100 } });
    const { version } = await subject.server.infer({ model: "digits", inputs: new Map([["x", X]]) });
    expect(version).toBe(1n);
    await vi.waitFor(() => expect(compared()).toHaveLength(1));
    expect(compared()[0]).toMatchObject({ version: 1n, shadowVersion: 2n, agreed: true, maxDifference: 0 });
    expect(subject.server.status("digits")?.shadow).toEqual({
      version: 2n,
      agreed: 1,
      differed: 0,
      failed: 0,
      dropped: 0,
      maxDifference: 0,
    });
  });

  it("mirrors its share of the requests, through handles too", async () => {
    await setTraffic({ stable: 1 }, { shadow: { to: "canary", percent: 25 } });
    for (let index = 0; index < 2_000; index++) {
      using handle = await subject.server.acquire({ model: "digits" });
      await handle.infer({ inputs: new Map([["x", X]]) });
      if (index % 20 === 0) await new Promise(setImmediate);
    }
    await vi.waitFor(() => {
      const { agreed = 0, dropped = 0 } = subject.server.status("digits")?.shadow ?? {};
      expect(Math.abs((agreed + dropped) / 20 - 25)).toBeLessThan(5);
    });
  });

  it("leaves alone requests that name a version, and the version itself", async () => {
    await setTraffic({ canary: 1 }, { shadow: { to: "2", percent: 100 } });
    await subject.server.infer({ model: "digits", inputs: new Map([["x", X]]) });
    await subject.server.infer({ model: "digits", version: 1n, inputs: new Map([["x", X]]) });
    await new Promise(setImmediate);
    expect(subject.server.status("digits")?.shadow).toBeUndefined();
  });

  it("never lets a client wait, drops what is too much, and hides failures from clients", async () => {
    await setTraffic({ stable: 1 }, { shadow: { to: "canary", percent: 100 } });
    const gate = deferred();
    let runs = 0;
    subject.backend.onRun = async () => {
      runs++;
      if (runs > MAX_SHADOW_REQUESTS + 2) {
        await gate.promise;
        throw new Error("the canary is broken");
      }
    };
    const answered = Array.from({ length: MAX_SHADOW_REQUESTS + 2 }, () =>
      subject.server.infer({ model: "digits", inputs: new Map([["x", X]]) }),
    );
    await Promise.all(answered);
    await new Promise(setImmediate);
    expect(subject.server.status("digits")?.shadow).toMatchObject({ dropped: 2 });
    gate.resolve();
    await vi.waitFor(() =>
      expect(subject.server.status("digits")?.shadow).toMatchObject({ failed: MAX_SHADOW_REQUESTS, dropped: 2 }),
    );
    expect(compared().at(-1)?.error?.message).toContain("the canary is broken");
  });

  it("runs on copies, since clients own what they were given", async () => {
    await setTraffic({ stable: 1 }, { shadow: { to: "canary", percent: 100 } });
    const x = { dtype: "float32", shape: [1], data: new Float32Array([5]) } as const;
    const { outputs } = await subject.server.infer({ model: "digits", inputs: new Map([["x", x]]) });
    x.data[0] = 7;
    (outputs.get("y")?.data as Float32Array)[0] = 9;
    await vi.waitFor(() => expect(compared()).toHaveLength(1));
    expect(compared()[0]).toMatchObject({ agreed: true });
  });
});

describe("the comparison of two answers", () => {
  const floats = (...data: number[]) =>
    new Map([["y", { dtype: "float32", shape: [data.length], data: new Float32Array(data) } as const]]);
  const strings = (...data: string[]) =>
    new Map([["y", { dtype: "string", shape: [data.length], data: data.map((text) => Buffer.from(text)) } as const]]);

  it("takes close floats for equal and tells the largest difference", () => {
    expect(compareOutputs(floats(1, 100), floats(1, 100.05))).toMatchObject({ agreed: true });
    const far = compareOutputs(floats(1, 100), floats(1.5, 100));
    expect(far).toEqual({ agreed: false, maxDifference: 0.5 });
    expect(compareOutputs(floats(Number.NaN), floats(Number.NaN))).toEqual({ agreed: true, maxDifference: 0 });
    expect(compareOutputs(floats(1), floats(Number.NaN)).agreed).toBe(false);
  });

  it("wants other elements, shapes and names to be equal", () => {
    expect(compareOutputs(strings("a", "b"), strings("a", "b")).agreed).toBe(true);
    expect(compareOutputs(strings("a", "b"), strings("a", "c")).agreed).toBe(false);
    expect(compareOutputs(floats(1), floats(1, 2)).agreed).toBe(false);
    expect(compareOutputs(floats(1), new Map()).agreed).toBe(false);
    expect(compareOutputs(floats(1), strings("1")).agreed).toBe(false);
  });
});
