import type { Label, LabelList } from "@plinth/management";
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

describe("labels over the API", () => {
  beforeAll(() => subject.deploy("labels", 1, subject.perceptron));

  it("need a reason where they are protected, and an available version", async () => {
    const path = "/api/models/labels/labels";
    expect(await api.send("PUT", `${path}/stable`, { version: "1" })).toMatchObject({
      status: 403,
      body: { reason: "LABEL_PROTECTED" },
    });
    expect(await api.send("PUT", `${path}/next`, { version: "9" })).toMatchObject({ status: 404 });
    expect(await api.send("PUT", `${path}/next`, { version: "9", allowUnavailable: true })).toMatchObject({
      status: 200,
    });
    expect((await api.get<LabelList>(path)).body.items).toHaveLength(1);
    expect((await api.get<Label>(`${path}/next`)).body.version).toBe("9");
    expect(await api.send("DELETE", `${path}/next`)).toMatchObject({ status: 200 });
    expect(await api.send("DELETE", `${path}/next`)).toMatchObject({
      status: 404,
      body: { reason: "LABEL_NOT_FOUND" },
    });
  });

  it("are not changed on an older revision than was read", async () => {
    const path = "/api/models/labels/labels/mine";
    const etag = (await api.get("/api/models/labels")).headers.get("etag") ?? "";
    const first = await api.send("PUT", path, { version: "1" }, { "if-match": etag });
    expect(first.status).toBe(200);
    const late = await api.send("PUT", path, { version: "1" }, { "if-match": etag });
    expect(late).toMatchObject({ status: 412, body: { reason: "REVISION_CONFLICT" } });
    const next = await api.send("PUT", path, { version: "1" }, { "if-match": first.headers.get("etag") ?? "" });
    expect(next.status).toBe(200);
    expect((await api.send("PUT", path, { version: "1" }, { "if-match": "W/nonsense" })).status).toBe(400);
  });
});
