import { describe, expect, it } from "vitest";
import { PlinthError } from "../../src/index.js";
import { FakeStorage } from "../fakes/fake-storage.js";
import { DeploymentsUnderTest, holding, ORIGIN, rejection } from "./deployments-under-test.js";

const remove = ({ deployments }: DeploymentsUnderTest, force?: boolean) =>
  deployments.removeModel("digits", ORIGIN, { force });

const kinds = ({ deployments }: DeploymentsUnderTest) =>
  deployments.history().map(({ action: { kind }, after }) => [kind, after.served]);

describe("a model as a whole", () => {
  it("is removed once it is unloaded, with labels, traffic and what lies beside its versions; its history stays", async () => {
    await using subject = await DeploymentsUnderTest.start();
    subject.storage.sideFiles.set("digits/config.pbtxt", "text");
    await subject.change({ kind: "set-label", label: "stable", version: 3n });
    await subject.change({ kind: "set-traffic", traffic: { split: new Map([["stable", 1]]) } });
    expect(await rejection(remove(subject))).toMatchObject({ reason: "MODEL_IN_USE" });
    expect(subject.available()).toEqual([3n]);
    await subject.change({ kind: "unload" });
    const removed = await remove(subject);
    expect(removed).toMatchObject({ revision: 4, action: { kind: "remove" } });
    expect(removed.after).toEqual({ loaded: [], unloaded: [], labels: new Map() });
    await subject.catalog.settled();
    expect(subject.storage.listing).toEqual([]);
    expect(subject.storage.sideFiles.size).toBe(0);
    expect([subject.deployments.models(), subject.deployments.deployment("digits")]).toEqual([[], undefined]);
    expect(subject.deployments.history({ model: "digits" })).toHaveLength(4);
    expect(await rejection(remove(subject))).toMatchObject({ reason: "MODEL_NOT_FOUND" });
  });

  it("that is served is unloaded first, where that is forced", async () => {
    await using subject = await DeploymentsUnderTest.start();
    await remove(subject, true);
    await subject.catalog.settled();
    expect(kinds(subject)).toEqual([
      ["remove", undefined],
      ["unload", false],
    ]);
    expect(subject.available()).toEqual([]);
  });

  it("begins anew when it is published again, and can be rolled back to what it was", async () => {
    await using subject = await DeploymentsUnderTest.start({ storage: holding({ digits: [1n] }) });
    await subject.change({ kind: "set-label", label: "stable", version: 1n });
    await remove(subject, true);
    const { stored, revision } = await subject.deployments.publish("digits", undefined, [], ORIGIN);
    await subject.catalog.settled();
    expect([stored.version, revision.revision]).toEqual([1n, 4]);
    expect(subject.deployments.deployment("digits")).toMatchObject({ revision: 4, served: true, labels: new Map() });
    expect(subject.available()).toEqual([1n]);
    await subject.deployments.rollback("digits", 1, ORIGIN);
    expect(subject.deployments.deployment("digits")?.labels).toEqual(new Map([["stable", 1n]]));
  });

  it("is still removed after a new start, and for other servers over the storage", async () => {
    const storage = holding({ digits: [1n] });
    await using other = await DeploymentsUnderTest.start({ storage });
    await using subject = await DeploymentsUnderTest.start({ storage });
    await remove(subject, true);
    await other.catalog.refresh();
    await using later = await DeploymentsUnderTest.start({ storage });
    for (const each of [other, later]) {
      expect(each.deployments.models()).toEqual([]);
      expect(each.deployments.history()).toHaveLength(2);
    }
  });

  it("is out of service where its removal breaks off, and goes when it is asked again", async () => {
    await using subject = await DeploymentsUnderTest.start();
    const { storage } = subject;
    storage.remove = async (model, version) => {
      if (version === 2n) throw new PlinthError("STORAGE_UNAVAILABLE", "gone");
      return FakeStorage.prototype.remove.call(storage, model, version);
    };
    expect(await rejection(remove(subject, true))).toMatchObject({ reason: "STORAGE_UNAVAILABLE" });
    await subject.catalog.refresh();
    await subject.catalog.settled();
    expect([subject.available(), subject.deployments.deployment("digits")?.served]).toEqual([[], false]);
    expect(storage.listing[0]?.versions).toHaveLength(2);
    storage.remove = FakeStorage.prototype.remove;
    await remove(subject);
    expect(kinds(subject).map(([kind]) => kind)).toEqual(["remove", "unload"]);
    expect(storage.listing).toEqual([]);
  });

  it("is not there again by an empty place that somebody has left", async () => {
    await using subject = await DeploymentsUnderTest.start();
    await remove(subject, true);
    subject.storage.hold({ digits: [] });
    await subject.catalog.refresh();
    expect([subject.deployments.models(), subject.deployments.deployment("digits")]).toEqual([[], undefined]);
    expect(subject.catalog.unavailable()).toEqual(new Map());
    subject.storage.hold({ digits: [1n] });
    await subject.catalog.refresh();
    await subject.catalog.settled();
    expect(subject.available()).toEqual([1n]);
  });

  it("keeps a version that is added while it is removed, and says so", async () => {
    await using subject = await DeploymentsUnderTest.start();
    subject.storage.removeModel = async () => void (await subject.storage.publish("digits", 9n));
    const error = await rejection(remove(subject, true));
    expect(error).toMatchObject({ reason: "MODEL_IN_USE", message: expect.stringContaining("version 9") });
    expect(subject.deployments.deployment("digits")).toMatchObject({ served: false, stored: [9n] });
  });

  it.each([
    [
      "the configuration names it",
      { models: new Map([["digits", { labels: new Map(), pins: new Map([["served", "config.yaml:3:3"]]) }]]) },
      {},
      "PINNED_BY_CONFIG",
    ],
    ["a label of it is protected, without a reason", { protectedLabels: ["stable"] }, {}, "LABEL_PROTECTED"],
    ["it was decided on an older revision", {}, { expected: 7 }, "REVISION_CONFLICT"],
    ["nobody says who wants it", {}, { who: "" }, "CHANGE_INVALID"],
  ])("is not removed where %s", async (_why, options, origin, reason) => {
    await using subject = await DeploymentsUnderTest.start(options);
    await subject.change({ kind: "set-label", label: "stable", version: 3n }, { why: "it is good" });
    const removing = subject.deployments.removeModel("digits", { ...ORIGIN, ...origin }, { force: true });
    expect(await rejection(removing)).toMatchObject({ reason });
    expect(subject.deployments.history()).toHaveLength(1);
    expect(subject.storage.listing[0]?.versions).toHaveLength(3);
    expect(subject.available()).toEqual([3n]);
  });
});
