import { describe, expect, it } from "vitest";
import { type DeploymentState, PlinthError, type TrafficRules } from "../../../src/index.js";
import type { ConfiguredModel } from "../../../src/serving/deployment/model-plan.js";
import { packError } from "../../../src/serving/execution/worker/packed-error.js";
import { deferred } from "../../fakes/deferred.js";
import { ALL_VERSIONS } from "../catalog-under-test.js";
import { echo, FrontsUnderTest, UNTIL } from "./fronts-under-test.js";

const DIGITS = new Map([["digits", ALL_VERSIONS]]);

async function serving(models: ReadonlyMap<string, ConfiguredModel> | undefined = DIGITS): Promise<FrontsUnderTest> {
  const fronts = new FrontsUnderTest({ models });
  await fronts.start();
  await fronts.hold({ digits: [1n, 2n] });
  return fronts;
}

/** Changes the model as a revision would. */
function change(fronts: FrontsUnderTest, state: Partial<DeploymentState>): void {
  fronts.plans.change("digits", { loaded: [], unloaded: [], labels: new Map(), ...state }, 1);
  fronts.catalog.replan("digits");
}

describe("what fronts are told of the models", () => {
  it("is in effect in all of them once they have caught up, which a busy one holds up and one that dies does not", async () => {
    await using fronts = await serving();
    const [first, second] = [fronts.front(0), fronts.front(1)];
    const busy = deferred();
    second.deaf = busy.promise;
    change(fronts, { labels: new Map([["stable", 1n]]) });
    let hasCaughtUp = false;
    const caughtUp = fronts.broadcast.caughtUp().then(() => {
      hasCaughtUp = true;
    });
    await expect.poll(() => first.server.status("digits")?.labels.get("stable"), UNTIL).toBe(1n);
    expect(hasCaughtUp).toBe(false);
    busy.resolve();
    await caughtUp;
    expect((await second.server.infer({ ...echo("digits"), label: "stable" })).version).toBe(1n);

    second.deaf = new Promise(() => {});
    change(fronts, { labels: new Map([["stable", 2n]]) });
    const later = fronts.broadcast.caughtUp();
    second.die();
    await later;
    expect((await first.server.infer({ ...echo("digits"), label: "stable" })).version).toBe(2n);
  });

  it("is told again only where it has changed", async () => {
    await using fronts = await serving();
    const told = () => fronts.front(0).asked.filter((duty) => duty === "follow").length;
    const before = told();
    for (let look = 0; look < 5; look++) await fronts.catalog.refresh();
    await fronts.broadcast.caughtUp();
    expect(told()).toBe(before);
  });

  it("has traffic rules and why a request cannot be served, and forgets models that are gone", async () => {
    await using fronts = await serving(undefined);
    const traffic: TrafficRules = { split: new Map([["1", 1]]) };
    change(fronts, { traffic, loaded: [1n] });
    await fronts.catalog.settled();
    await fronts.broadcast.caughtUp();
    const { server } = fronts.front(1);
    expect((await server.infer(echo("digits"))).version).toBe(1n);
    await expect(server.infer(echo("digits", 7n))).rejects.toMatchObject({ reason: "VERSION_NOT_FOUND" });
    await expect(server.infer(echo("other"))).rejects.toThrow('the models here are "digits"');
    expect(server.models().map(({ model }) => model)).toEqual(["digits"]);
    await fronts.hold({});
    expect(server.models().map(({ versions }) => versions.map(({ state }) => state))).toEqual([["end", "end"]]);
  });

  it("goes before what it lets go of is freed, so that no request meets a version that is gone", async () => {
    await using fronts = await serving();
    await fronts.hold({ digits: [2n] });
    const { asked } = fronts.front(0);
    expect(asked.lastIndexOf("free")).toBeGreaterThan(asked.indexOf("follow"));
    expect((await fronts.front(0).server.infer(echo("digits"))).version).toBe(2n);
  });

  it("comes back as the sum of what all have counted, also those that have gone", async () => {
    await using fronts = await serving();
    change(fronts, { traffic: { split: new Map([["1", 1]]), shadow: { to: "2", percent: 100 } } });
    await fronts.broadcast.caughtUp();
    for (const front of fronts.started) await front.server.infer(echo("digits"));
    const counted = () => fronts.fleet.shared("digits", 2n)?.shadowCounts;
    await expect.poll(counted, UNTIL).toEqual({ agreed: 2, differed: 0, failed: 0, dropped: 0, maxDifference: 0 });
    fronts.front(0).die();
    await expect.poll(() => fronts.live()[2], UNTIL).toEqual(["digits/1", "digits/2"]);
    expect(counted()).toEqual({ agreed: 2, differed: 0, failed: 0, dropped: 0, maxDifference: 0 });
  });

  it("comes back as an outage where no instance is up in any front", async () => {
    await using fronts = await serving(
      new Map([["digits", { ...ALL_VERSIONS, versions: { kind: "latest", count: 1 } }]]),
    );
    const id = fronts.fleet.shared("digits", 2n)?.id ?? expect.fail("not loaded");
    const error = packError(new PlinthError("EXECUTOR_DIED", "its worker crashed"));
    const report = {
      outages: new Map([[id, { error, isLasting: false }]]),
      shadows: new Map(),
      used: new Set<number>(),
    };
    await fronts.front(0).main.call("note", report);
    expect(fronts.catalog.unavailable().size, "the other front has one").toBe(0);
    await fronts.front(1).main.call("note", report);
    expect(fronts.catalog.unavailable().get("digits")).toBe("its worker crashed");
    await fronts.front(0).main.call("note", { outages: new Map(), shadows: new Map(), used: new Set<number>() });
    expect(fronts.catalog.unavailable().size).toBe(0);
  });
});
