import { describe, expect, it } from "vitest";
import { PlinthError } from "../../src/index.js";
import { MAX_REVISIONS } from "../../src/serving/deployment/revision-log.js";
import type { FakeRecords } from "../fakes/fake-records.js";
import { DeploymentsUnderTest, holding, ORIGIN, rejection } from "./deployments-under-test.js";

const PINNED = new Map([
  [
    "digits",
    {
      versions: { kind: "latest", count: 1 },
      labels: new Map([["stable", 1n]]),
      traffic: { split: new Map([["stable", 1]]) },
      pins: new Map([
        ["served", "config.yaml:3:3"],
        ["versions", "config.yaml:4:5"],
        ["labels.stable", "config.yaml:5:15"],
        ["traffic", "config.yaml:6:5"],
      ]),
    },
  ],
] as const);

describe("changes at run time", () => {
  it("moves a label to a version in service, and requests by it follow", async () => {
    await using subject = await DeploymentsUnderTest.start();
    await subject.change({ kind: "set-versions", versions: { kind: "all" } });
    const revision = await subject.change({ kind: "set-label", label: "stable", version: 1n }, { why: "it is proven" });
    expect(revision).toMatchObject({ revision: 2, model: "digits", who: "ada", why: "it is proven" });
    expect(revision.before.labels).toEqual(new Map());
    expect(revision.after.labels).toEqual(new Map([["stable", 1n]]));
    using handle = await subject.server.acquire({ model: "digits", label: "stable" });
    expect(handle.version).toBe(1n);
  });

  it("refuses a label for a version that is not in service, unless asked for, and loads that then (K15, K16, K18)", async () => {
    await using subject = await DeploymentsUnderTest.start();
    const error = await rejection(subject.change({ kind: "set-label", label: "old", version: 1n }));
    expect(error).toMatchObject({ reason: "VERSION_NOT_AVAILABLE" });
    expect(error.message).toContain("not currently available for inference");
    expect(subject.records.stored.size).toBe(0);
    await subject.change({ kind: "set-label", label: "old", version: 1n, allowUnavailable: true });
    expect(subject.available()).toEqual([3n, 1n]);
  });

  it("refuses to move a label that is there to a version that is not in service (K17)", async () => {
    await using subject = await DeploymentsUnderTest.start();
    await subject.change({ kind: "set-label", label: "A", version: 3n });
    const error = await rejection(subject.change({ kind: "set-label", label: "A", version: 9n }));
    expect(error).toMatchObject({ reason: "VERSION_NOT_FOUND" });
    expect(error.message).toContain("it has 3, 2, 1");
    expect(subject.deployments.deployment("digits")?.labels.get("A")).toBe(3n);
  });

  it("keeps a version in service as long as a label names it", async () => {
    await using subject = await DeploymentsUnderTest.start();
    await subject.change({ kind: "set-label", label: "stable", version: 3n });
    subject.storage.hold({ digits: [1n, 2n, 3n, 4n] });
    await subject.catalog.refresh();
    await subject.catalog.settled();
    expect(subject.available()).toEqual([4n, 3n]);
    await subject.change({ kind: "remove-label", label: "stable" });
    expect(subject.available()).toEqual([4n]);
  });

  it("moves and removes protected labels only with a reason", async () => {
    await using subject = await DeploymentsUnderTest.start({ protectedLabels: ["stable"] });
    const set = { kind: "set-label", label: "stable", version: 3n } as const;
    expect(await rejection(subject.change(set))).toMatchObject({ reason: "LABEL_PROTECTED" });
    expect(await rejection(subject.change(set, { why: "  " }))).toMatchObject({ reason: "LABEL_PROTECTED" });
    await subject.change(set, { why: "measured" });
    const remove = { kind: "remove-label", label: "stable" } as const;
    expect(await rejection(subject.change(remove))).toMatchObject({ reason: "LABEL_PROTECTED" });
    const back = subject.deployments.rollback("digits", 0, ORIGIN);
    expect(await rejection(back)).toMatchObject({ reason: "LABEL_PROTECTED" });
    await subject.deployments.rollback("digits", 0, { ...ORIGIN, why: "not so good" });
    expect(subject.deployments.deployment("digits")?.labels).toEqual(new Map());
  });

  it("loads and unloads single versions, never one that is needed", async () => {
    await using subject = await DeploymentsUnderTest.start();
    await subject.change({ kind: "load", version: 1n });
    expect(subject.available()).toEqual([3n, 1n]);
    await subject.change({ kind: "unload", version: 3n });
    expect(subject.available(), "the newest of the others").toEqual([2n, 1n]);
    await subject.change({ kind: "set-label", label: "stable", version: 2n });
    const error = await rejection(subject.change({ kind: "unload", version: 2n }));
    expect(error).toMatchObject({ reason: "VERSION_IN_USE" });
    expect(error.message).toContain('the label "stable"');
  });

  it("takes a model out of service and back", async () => {
    await using subject = await DeploymentsUnderTest.start();
    await subject.change({ kind: "unload" });
    expect(subject.available()).toEqual([]);
    expect(subject.server.readiness()).toEqual({ ready: true, reasons: [] });
    await subject.change({ kind: "load" });
    expect(subject.available()).toEqual([3n]);
  });

  it("serves a model that the configuration does not name once it is asked to", async () => {
    await using subject = await DeploymentsUnderTest.start({ models: new Map([["other", { labels: new Map() }]]) });
    expect(subject.available()).toEqual([]);
    expect(subject.deployments.deployment("digits")?.served).toBe(false);
    await subject.change({ kind: "load" });
    expect(subject.available()).toEqual([3n]);
  });

  it.each([
    ["config.yaml:5:15", { kind: "set-label", label: "stable", version: 3n }],
    ["config.yaml:5:15", { kind: "remove-label", label: "stable" }],
    ["config.yaml:6:5", { kind: "set-traffic", traffic: { split: new Map() } }],
    ["config.yaml:4:5", { kind: "set-versions", versions: { kind: "all" } }],
    ["config.yaml:4:5", { kind: "load", version: 2n }],
    ["config.yaml:4:5", { kind: "unload", version: 2n }],
    ["config.yaml:3:3", { kind: "unload" }],
  ] as const)("refuses what the configuration pins at %s: %o", async (line, change) => {
    await using subject = await DeploymentsUnderTest.start({ models: PINNED });
    const error = await rejection(subject.change(change));
    expect(error).toMatchObject({ reason: "PINNED_BY_CONFIG", details: { pinnedBy: line } });
    expect(error.message).toContain(line);
    expect(subject.records.stored.size).toBe(0);
  });

  it.each([
    ["config.yaml:5:15", { kind: "set-label", label: "stable", version: 3n }],
    ["config.yaml:6:5", { kind: "set-traffic", traffic: { split: new Map([["2", 1]]) } }],
    ["config.yaml:4:5", { kind: "set-versions", versions: { kind: "all" } }],
    ["config.yaml:4:5", { kind: "load", version: 2n }],
    ["config.yaml:3:3", { kind: "unload" }],
  ] as const)("does not go back to what the configuration pins at %s since: %o", async (line, change) => {
    const storage = holding({ digits: [1n, 2n, 3n] });
    {
      await using subject = await DeploymentsUnderTest.start({ storage });
      await subject.change(change);
      await subject.deployments.rollback("digits", 0, ORIGIN);
    }
    await using pinned = await DeploymentsUnderTest.start({ storage, models: PINNED });
    const error = await rejection(pinned.deployments.rollback("digits", 1, ORIGIN));
    expect(error).toMatchObject({ reason: "PINNED_BY_CONFIG", details: { pinnedBy: line } });
    expect(error.message).toContain(line);
    expect(pinned.deployments.history()).toHaveLength(2);
  });

  it("lets people add labels beside those that the configuration pins", async () => {
    await using subject = await DeploymentsUnderTest.start({ models: PINNED });
    await subject.change({ kind: "set-label", label: "canary", version: 3n });
    expect(subject.server.status("digits")?.labels).toEqual(
      new Map([
        ["canary", 3n],
        ["stable", 1n],
      ]),
    );
  });

  it.each([
    ["a label that is a number", { kind: "set-label", label: "7", version: 3n }],
    ["a label with a slash", { kind: "set-label", label: "a/b", version: 3n }],
    ["a weight of zero", { kind: "set-traffic", traffic: { split: new Map([["3", 0]]) } }],
    ["a weight that is no number", { kind: "set-traffic", traffic: { split: new Map([["3", Number.NaN]]) } }],
    ["too large a weight", { kind: "set-traffic", traffic: { split: new Map([["3", 1_000_001]]) } }],
    ["a header in capitals", { kind: "set-traffic", traffic: { split: new Map(), stickyBy: "X-User" } }],
    ["a header of two lines", { kind: "set-traffic", traffic: { split: new Map(), stickyBy: "a\r\nb" } }],
    ["a share above all", { kind: "set-traffic", traffic: { split: new Map(), shadow: { to: "3", percent: 101 } } }],
    ["a share of nothing", { kind: "set-traffic", traffic: { split: new Map(), shadow: { to: "3", percent: 0 } } }],
    ["none of the newest", { kind: "set-versions", versions: { kind: "latest", count: 0 } }],
  ] as const)("refuses %s", async (_name, change) => {
    await using subject = await DeploymentsUnderTest.start();
    expect(await rejection(subject.change(change))).toMatchObject({ reason: "CHANGE_INVALID" });
    expect(subject.records.stored.size).toBe(0);
  });

  it("refuses an unknown model, label and version by name", async () => {
    await using subject = await DeploymentsUnderTest.start();
    const change = subject.deployments.change("digit", { kind: "load" }, ORIGIN);
    expect(await rejection(change)).toMatchObject({ reason: "MODEL_NOT_FOUND" });
    const traffic = (target: string) =>
      rejection(subject.change({ kind: "set-traffic", traffic: { split: new Map([[target, 1]]) } }));
    expect(await traffic("canary")).toMatchObject({ reason: "LABEL_NOT_FOUND" });
    expect(await traffic("9")).toMatchObject({ reason: "VERSION_NOT_FOUND" });
    expect(await rejection(subject.change({ kind: "remove-label", label: "no" }))).toMatchObject({
      reason: "LABEL_NOT_FOUND",
    });
  });

  it("keeps a label that the traffic needs", async () => {
    await using subject = await DeploymentsUnderTest.start();
    await subject.change({ kind: "set-label", label: "stable", version: 3n });
    await subject.change({ kind: "set-traffic", traffic: { split: new Map([["stable", 1]]) } });
    const error = await rejection(subject.change({ kind: "remove-label", label: "stable" }));
    expect(error).toMatchObject({ reason: "VERSION_IN_USE" });
  });

  it.each([
    ["nobody", { who: " " }],
    ["an endless name", { who: "a".repeat(257) }],
    ["an endless reason", { who: "ada", why: "a".repeat(2_049) }],
  ])("refuses changes by %s", async (_name, origin) => {
    await using subject = await DeploymentsUnderTest.start();
    expect(await rejection(subject.change({ kind: "load" }, origin))).toMatchObject({ reason: "CHANGE_INVALID" });
  });

  it("publishes the next version and removes one, and writes both down", async () => {
    await using subject = await DeploymentsUnderTest.start();
    const { stored, revision } = await subject.deployments.publish("digits", undefined, [], ORIGIN);
    await subject.catalog.settled();
    expect(stored.version).toBe(4n);
    expect(revision.action).toEqual({ kind: "publish", version: 4n });
    expect(subject.available()).toEqual([4n]);
    const inUse = await subject.change({ kind: "set-label", label: "stable", version: 4n });
    expect(inUse.revision).toBe(2);
    const remove = () => subject.deployments.remove("digits", 4n, ORIGIN);
    expect(await rejection(remove())).toMatchObject({ reason: "VERSION_IN_USE" });
    await subject.change({ kind: "remove-label", label: "stable" });
    await remove();
    await subject.catalog.settled();
    expect(subject.available()).toEqual([3n]);
    expect(subject.deployments.history().map(({ action }) => action.kind)).toEqual([
      "remove",
      "remove-label",
      "set-label",
      "publish",
    ]);
  });

  it("publishes the first version of a model", async () => {
    await using subject = await DeploymentsUnderTest.start();
    const { stored } = await subject.deployments.publish("fresh", undefined, [], ORIGIN);
    await subject.catalog.settled();
    expect(stored.version).toBe(1n);
    expect(subject.available("fresh")).toEqual([1n]);
  });
});

describe("the history", () => {
  it("goes back to any revision with a new one", async () => {
    await using subject = await DeploymentsUnderTest.start();
    await subject.change({ kind: "set-label", label: "stable", version: 3n });
    await subject.change({ kind: "load", version: 1n });
    await subject.change({ kind: "set-label", label: "stable", version: 1n });
    const rolledBack = await subject.deployments.rollback("digits", 1, ORIGIN);
    expect(rolledBack).toMatchObject({ revision: 4, action: { kind: "rollback", to: 1 } });
    expect(rolledBack.after.labels).toEqual(new Map([["stable", 3n]]));
    await subject.catalog.settled();
    expect(subject.available()).toEqual([3n]);
    await subject.deployments.rollback("digits", 3, ORIGIN);
    expect(subject.deployments.deployment("digits")?.labels.get("stable")).toBe(1n);
    await subject.deployments.rollback("digits", 0, ORIGIN);
    expect(subject.deployments.deployment("digits")).toMatchObject({ revision: 6, labels: new Map() });
  });

  it("does not go back to versions that are gone, or to revisions that never were", async () => {
    await using subject = await DeploymentsUnderTest.start();
    await subject.change({ kind: "set-label", label: "stable", version: 3n });
    await subject.change({ kind: "load", version: 1n });
    await subject.change({ kind: "set-label", label: "stable", version: 1n });
    subject.storage.hold({ digits: [1n, 2n] });
    await subject.catalog.refresh();
    const gone = await rejection(subject.deployments.rollback("digits", 1, ORIGIN));
    expect(gone).toMatchObject({ reason: "VERSION_NOT_FOUND" });
    expect(gone.message).toContain('version 3 for the label "stable"');
    for (const to of [-1, 4, 0.5]) {
      const never = subject.deployments.rollback("digits", to, ORIGIN);
      expect(await rejection(never)).toMatchObject({ reason: "REVISION_NOT_FOUND" });
    }
  });

  it("survives a new start with every kind of change", async () => {
    const storage = holding({ digits: [1n, 2n, 3n] });
    const traffic = {
      split: new Map([["stable", 90]]),
      stickyBy: "x-user",
      shadow: { to: "2", percent: 10 },
    };
    {
      await using subject = await DeploymentsUnderTest.start({ storage });
      await subject.change({ kind: "set-versions", versions: { kind: "specific", versions: [2n, 3n] } });
      await subject.change({ kind: "set-versions", versions: { kind: "latest", count: 2 } });
      await subject.change({ kind: "set-versions", versions: { kind: "all" } });
      await subject.change({ kind: "set-versions", versions: undefined });
      await subject.change({ kind: "set-label", label: "stable", version: 3n }, { why: "first" });
      await subject.change({ kind: "set-traffic", traffic });
      await subject.change({ kind: "load", version: 1n });
      await subject.change({ kind: "unload" });
    }
    await using again = await DeploymentsUnderTest.start({ storage });
    expect(again.deployments.deployment("digits")).toMatchObject({
      revision: 8,
      served: false,
      labels: new Map([["stable", 3n]]),
      loaded: [1n],
      traffic,
    });
    expect(again.available()).toEqual([]);
    expect(again.deployments.history({ limit: 2, before: 8 }).map(({ revision }) => revision)).toEqual([7, 6]);
    expect(again.deployments.revision(5)).toMatchObject({ why: "first", action: { kind: "set-label", version: 3n } });
    await again.deployments.rollback("digits", 7, ORIGIN);
    await again.catalog.settled();
    expect(again.available()).toEqual([3n, 2n, 1n]);
  });

  it("refuses a change that was decided on an older revision", async () => {
    await using subject = await DeploymentsUnderTest.start();
    const set = { kind: "set-label", label: "stable", version: 3n } as const;
    await subject.change(set, { expected: 0 });
    const late = await rejection(subject.change(set, { expected: 0 }));
    expect(late).toMatchObject({ reason: "REVISION_CONFLICT" });
    await subject.change(set, { expected: 1 });
    const publish = (model: string, expected: number) =>
      subject.deployments.publish(model, undefined, [], { ...ORIGIN, expected });
    expect(await rejection(publish("digits", 1))).toMatchObject({ reason: "REVISION_CONFLICT" });
    expect(await rejection(publish("fresh", 7))).toMatchObject({ reason: "REVISION_CONFLICT" });
    await publish("fresh", 0);
  });

  it("loses nothing of two servers over one storage", async () => {
    const storage = holding({ digits: [1n, 2n, 3n], letters: [1n] });
    await using one = await DeploymentsUnderTest.start({ storage });
    await using two = await DeploymentsUnderTest.start({ storage });
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 === 0 ? one : two).change({ kind: "set-label", label: `label-${index}`, version: 3n }),
      ),
    );
    await one.catalog.refresh();
    await two.catalog.refresh();
    for (const { deployments, server } of [one, two]) {
      expect(deployments.deployment("digits")).toMatchObject({ revision: 20 });
      expect(server.status("digits")?.labels.size).toBe(20);
      expect(deployments.history().map(({ revision }) => revision)).toEqual(
        Array.from({ length: 20 }, (_, index) => 20 - index),
      );
    }
    expect(one.events.filter(({ type }) => type === "deployment-changed")).toHaveLength(20);
  });

  it("decides anew when another server was first, and sees its change", async () => {
    const storage = holding({ digits: [1n, 2n, 3n] });
    await using one = await DeploymentsUnderTest.start({ storage });
    await using two = await DeploymentsUnderTest.start({ storage });
    await one.change({ kind: "set-label", label: "stable", version: 3n });
    const late = two.change({ kind: "set-label", label: "canary", version: 3n }, { expected: 0 });
    expect(await rejection(late)).toMatchObject({ reason: "REVISION_CONFLICT" });
  });

  it("changes nothing where the record cannot be written", async () => {
    await using subject = await DeploymentsUnderTest.start();
    subject.records.onPut = async () => {
      throw new PlinthError("STORAGE_UNAVAILABLE", "the disk is gone");
    };
    const change = subject.change({ kind: "set-label", label: "stable", version: 3n });
    expect(await rejection(change)).toMatchObject({ reason: "STORAGE_UNAVAILABLE" });
    expect(subject.deployments.deployment("digits")).toMatchObject({ revision: 0, labels: new Map() });
    expect(subject.deployments.history()).toEqual([]);
  });

  it("tells of records that it does not understand and goes on after them", async () => {
    const storage = holding({ digits: [3n] });
    const records = storage.records as FakeRecords;
    await records.put("deployments/000000000001", { format: 2, anything: true }, undefined, ORIGIN);
    await using subject = await DeploymentsUnderTest.start({ storage });
    expect(subject.logger.lines).toContainEqual(
      expect.objectContaining({ level: "error", message: expect.stringContaining("deployments/000000000001") }),
    );
    expect(await subject.change({ kind: "load" })).toMatchObject({ revision: 2 });
  });

  it("forgets the oldest revisions but for the newest of each model", async () => {
    const storage = holding({ digits: [3n], letters: [1n] });
    await using subject = await DeploymentsUnderTest.start({ storage });
    await subject.deployments.change("letters", { kind: "set-label", label: "stable", version: 1n }, ORIGIN);
    for (let count = 0; count < MAX_REVISIONS + 10; count++) {
      await subject.deployments.change("digits", { kind: "set-label", label: `l${count % 3}`, version: 3n }, ORIGIN);
    }
    expect(subject.records.stored.size).toBe(MAX_REVISIONS);
    await using again = await DeploymentsUnderTest.start({ storage });
    expect(again.deployments.deployment("letters")?.labels).toEqual(new Map([["stable", 1n]]));
    expect(await rejection(again.deployments.rollback("digits", 5, ORIGIN))).toMatchObject({
      reason: "REVISION_NOT_FOUND",
    });
    await again.deployments.rollback("digits", MAX_REVISIONS, ORIGIN);
  });
});
