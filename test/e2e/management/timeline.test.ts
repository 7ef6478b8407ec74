import type { RevisionList, Traffic } from "@plinth/management";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ManagementClient } from "../management-client.js";
import { ManagementUnderTest } from "./management-under-test.js";

let subject: ManagementUnderTest;
let api: ManagementClient;

beforeAll(async () => {
  subject = await ManagementUnderTest.start();
  api = subject.api;
});

afterAll(() => subject[Symbol.asyncDispose]());

describe("the timeline of a model", () => {
  it("is deployed, labelled, split, shadowed, rolled back, and told by its history", async () => {
    const who = { "plinth-who": "ada", "plinth-why": encodeURIComponent("Prüfung bestanden") };
    await subject.deploy("story", 1, subject.perceptron);
    await subject.deploy("story", 2, subject.convolutional);
    const model = "/api/models/story";
    await api.send("PATCH", model, { versionPolicy: "all" }, who);
    await subject.serving.server.settled();
    const stable = await api.send("PUT", `${model}/labels/stable`, { version: "1" }, who);
    expect(stable).toMatchObject({ status: 200, body: { label: "stable", version: "1" } });
    await api.send("PUT", `${model}/labels/canary`, { version: "2" }, who);
    const rules = { split: { stable: 90, canary: 10 } };
    const split = await api.send<Traffic>("PUT", `${model}/traffic`, rules, who);
    expect(split.body.rules).toEqual(rules);

    let answeredByCanary = 0;
    for (let request = 0; request < 10_000; request++) {
      using handle = await subject.serving.server.models.acquire({ model: "story" });
      if (handle.version === 2n) answeredByCanary++;
    }
    expect(Math.abs(answeredByCanary / 100 - 10)).toBeLessThan(2);

    const shadow = { split: { stable: 1 }, shadow: { to: "canary", percent: 100 } };
    await api.send("PUT", `${model}/traffic`, shadow, who);
    expect((await subject.serving.predict("story", subject.seven)).status).toBe(200);
    await expect
      .poll(async () => (await api.get<Traffic>(`${model}/traffic`)).body.shadow)
      .toMatchObject({ version: "2", failed: 0, dropped: 0, maxDifference: expect.any(Number) });

    const { body: page } = await api.get<RevisionList>(`${model}/history`);
    const afterLabels = page.items.find(({ action }) => action.label === "canary")?.revision;
    const rolledBack = await api.send("POST", `${model}/rollback`, { to: afterLabels }, who);
    expect(rolledBack.body).toMatchObject({ action: { kind: "rollback", to: afterLabels }, who: "ada" });
    expect((await api.get<Traffic>(`${model}/traffic`)).body.rules).toEqual({ split: {} });

    const { body: history } = await api.get<RevisionList>(`${model}/history`);
    const told = history.items.map(({ action, who: by, why }) => [action.kind, by, why]);
    const change = (kind: string) => [kind, "ada", "Prüfung bestanden"];
    expect(told).toEqual([
      change("rollback"),
      change("set-traffic"),
      change("set-traffic"),
      change("set-label"),
      change("set-label"),
      change("set-versions"),
      ["publish", "anonymous", undefined],
      ["publish", "anonymous", undefined],
    ]);
    expect(history.items[2]?.after.traffic).toEqual(rules);
  });
});
