import type { RevisionDocument, RevisionList, Traffic } from "@plinth/management";
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

describe("requests over the API", () => {
  beforeAll(() => subject.deploy("requests", 1));

  it("are done once when they come again with the same key", async () => {
    const headers = { "idempotency-key": "abc-123" };
    const send = () => api.send<RevisionDocument>("POST", "/api/models/requests/load", undefined, headers);
    const [first, again] = await Promise.all([send(), send()]);
    expect(again.body.revision).toBe(first.body.revision);
    const other = await api.send("POST", "/api/models/requests/unload", undefined, headers);
    expect(other).toMatchObject({ status: 422, body: { reason: "IDEMPOTENCY_KEY_REUSED" } });
    expect((await api.send("POST", "/api/models/requests/load", undefined, { "idempotency-key": "" })).status).toBe(
      400,
    );
  });

  it("are refused with what was wrong and where", async () => {
    const put = (body: unknown) => api.send("PUT", "/api/models/requests/traffic", body);
    expect(await put({ splitt: {} })).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining("splitt") },
    });
    expect(await put({ split: { "1": -1 } })).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining("split.1") },
    });
    expect(await put({ split: { canary: 1 } })).toMatchObject({ status: 404, body: { reason: "LABEL_NOT_FOUND" } });
    const text = await api.send("PUT", "/api/models/requests/traffic", "{}", { "content-type": "text/plain" });
    expect(text).toMatchObject({ status: 415 });
    const broken = await api.send("PUT", "/api/models/requests/traffic", "{", { "content-type": "application/json" });
    expect(broken).toMatchObject({ status: 400, body: { reason: "REQUEST_INVALID" } });
    expect((await api.get("/api/models/none")).status).toBe(404);
    expect((await api.get("/api/history?limit=0")).status).toBe(400);
    expect((await api.get("/api/history/999999")).status).toBe(404);
    expect((await api.get("/api/history/x")).status).toBe(400);
    const large = await api.send("PUT", "/api/models/requests/traffic", {
      split: { x: 1 },
      filler: "x".repeat(2_000_000),
    });
    expect(large.status).toBe(413);
  });

  it("reset the traffic to what is configured", async () => {
    const path = "/api/models/requests/traffic";
    await api.send("PUT", path, { split: { "1": 1 }, stickyBy: "X-User" });
    expect((await api.get<Traffic>(path)).body.rules).toEqual({ split: { "1": 1 }, stickyBy: "x-user" });
    expect((await api.send<Traffic>("DELETE", path)).body.rules).toEqual({ split: {} });
  });

  it("are led to the right path and method", async () => {
    expect(await api.get("/api/modles")).toMatchObject({ status: 404, body: { reason: "ROUTE_NOT_FOUND" } });
    const wrong = await api.send("PUT", "/api/models/requests");
    expect(wrong).toMatchObject({ status: 405, body: { reason: "METHOD_NOT_ALLOWED" } });
    expect(wrong.headers.get("allow")).toBe("GET, PATCH, DELETE");
  });

  it("page through the history", async () => {
    const first = await api.get<RevisionList>("/api/history?limit=2");
    expect(first.body.items).toHaveLength(2);
    const second = await api.get<RevisionList>(first.body._links.next?.href ?? "");
    expect(second.body.items[0]?.revision).toBe((first.body.items[1]?.revision ?? 0) - 1);
    const one = await api.get(`/api/history/${first.body.items[0]?.revision}`);
    expect(one.body).toEqual(first.body.items[0]);
  });
});
