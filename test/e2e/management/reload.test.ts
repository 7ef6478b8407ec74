import type { Label, Model, Problem } from "@plinth/management";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ManagementClient } from "../management-client.js";
import { CONFIG, ManagementUnderTest } from "./management-under-test.js";

let subject: ManagementUnderTest;
let api: ManagementClient;

beforeAll(async () => {
  subject = await ManagementUnderTest.start();
  api = subject.api;
});

afterAll(() => subject[Symbol.asyncDispose]());

describe("a reload over the API", () => {
  it("applies another configuration whole, or not at all, and pins what it says", async () => {
    await subject.deploy("story", 1);
    await subject.deploy("reloaded", 1);
    const { body: before } = await api.get<Model>("/api/models/reloaded");
    await api.send("PUT", "/api/models/reloaded/labels/fixed", { version: "1" });
    const pinned = `${CONFIG}models:\n  reloaded: { labels: { fixed: 1 } }\n`;
    subject.serving.rewrite(`${pinned}  other: { versions: none }\n`);
    const bad = await api.send<Problem>("POST", "/api/reload");
    expect(bad).toMatchObject({ status: 400, body: { reason: "CONFIG_INVALID" } });
    expect(bad.body.detail).toContain("config.yaml:5:22");
    subject.serving.rewrite(pinned.replace("pollIntervalMs: 20", "pollIntervalMs: 21"));
    expect(await api.send("POST", "/api/reload")).toMatchObject({ status: 409, body: { reason: "RESTART_NEEDED" } });
    subject.serving.rewrite(pinned);
    const good = await api.send("POST", "/api/reload");
    expect(good).toMatchObject({ status: 200, body: { added: ["reloaded"], unavailable: {} } });
    expect((await api.get<Model>("/api/models/story")).body.served).toBe(false);
    const label = await api.get<Label>("/api/models/reloaded/labels/fixed");
    expect(label.body.pinnedBy).toContain("config.yaml:4:25");
    const move = await api.send<Problem>("PUT", "/api/models/reloaded/labels/fixed", { version: "1" });
    expect(move).toMatchObject({ status: 409, body: { reason: "PINNED_BY_CONFIG" } });
    expect(move.body.detail).toContain("config.yaml:4:25");
    const rollback = await api.send<Problem>("POST", "/api/models/reloaded/rollback", { to: before.revision });
    expect(rollback).toMatchObject({ status: 409, body: { reason: "PINNED_BY_CONFIG", pinnedBy: expect.any(String) } });
    expect(rollback.body.detail).toMatch(/pins the label "fixed" of model reloaded at .*config\.yaml:4:25/);
    subject.serving.rewrite(CONFIG);
    const back = await api.send("POST", "/api/reload");
    expect(back.body).toMatchObject({ removed: ["reloaded"] });
    await expect.poll(async () => (await api.get<Model>("/api/models/story")).body.ready).toBe(true);
  });
});
