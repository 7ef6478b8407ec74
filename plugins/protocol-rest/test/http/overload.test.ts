import { PlinthError, type Route } from "@plinth/core";
import { afterEach, describe, expect, it } from "vitest";
import { requestDeadline } from "../../src/http/request-deadline.js";
import { retryAfter } from "../../src/http/retry-after.js";
import { RestUnderTest, rawExchange } from "../rest-under-test.js";

let rest: RestUnderTest;

afterEach(() => rest?.[Symbol.asyncDispose]());

describe("an overloaded model", () => {
  it("refuses with 429 and the seconds to wait, ahead of reading the body", async () => {
    rest = await RestUnderTest.start();
    rest.server.isOverloaded = true;
    for (const body of ['{"inputs": [1, 2]}', "no JSON at all"]) {
      const response = await rest.predict(body);
      expect(response.status).toBe(429);
      expect(response.headers.get("retry-after")).toBe("2");
      expect(await response.json()).toEqual({ error: "The model is overloaded" });
    }
    await expect.poll(() => rest.server.held).toBe(0);
  });

  it("does not wait for a body that does not come", async () => {
    rest = await RestUnderTest.start();
    rest.server.isOverloaded = true;
    const head = "POST /v1/models/echo:predict HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n";
    expect(await rawExchange(rest.url, head)).toMatch(/^HTTP\/1\.1 429 /);
  });

  it("still tells what it is", async () => {
    rest = await RestUnderTest.start();
    rest.server.isOverloaded = true;
    expect((await fetch(`${rest.url}/v1/models/echo/metadata`)).status).toBe(200);
  });

  it("has other routes say the same", async () => {
    const busy: Route = {
      method: "GET",
      path: "/busy",
      access: "public",
      handle: async () => {
        throw new PlinthError("QUEUE_FULL", "busy", { details: { retryAfterMs: 1 } });
      },
    };
    rest = await RestUnderTest.start({ routes: [busy] });
    const response = await fetch(`${rest.url}/busy`);
    expect(response.status).toBe(429);
    expect(response.headers.get("retry-after")).toBe("1");
  });
});

describe("Retry-After", () => {
  it.each<[unknown, object]>([
    [0, { "Retry-After": "1" }],
    [1_000, { "Retry-After": "1" }],
    [1_001, { "Retry-After": "2" }],
    [undefined, {}],
    ["soon", {}],
  ])("for %j is %j", (retryAfterMs, expected) => {
    expect(retryAfter(new PlinthError("QUEUE_FULL", "full", { details: { retryAfterMs } }))).toEqual(expected);
  });
});

describe("a request's deadline", () => {
  it.each<[string, Record<string, string>, number]>([
    ["is the server's limit where the client says nothing", {}, 30_000],
    ["comes from gRPC's header", { "grpc-timeout": "250m" }, 250],
    ["may be in hours", { "grpc-timeout": "1H" }, 30_000],
    ["may be in minutes", { "grpc-timeout": "0M" }, 0],
    ["may be in seconds", { "grpc-timeout": "2S" }, 2_000],
    ["may be in microseconds", { "grpc-timeout": "1500u" }, 1.5],
    ["may be in nanoseconds", { "grpc-timeout": "99999999n" }, 99.999999],
    ["comes from Envoy's header", { "x-envoy-expected-rq-timeout-ms": "70" }, 70],
    ["is the soonest of all", { "grpc-timeout": "60m", "x-envoy-expected-rq-timeout-ms": "70" }, 60],
    ["is never later than the server's limit", { "x-envoy-expected-rq-timeout-ms": "99999999" }, 30_000],
  ])("%s", (_what, headers, expectedMs) => {
    expect(requestDeadline(headers, 1_000, 30_000)).toBeCloseTo(1_000 + expectedMs);
  });

  it.each<[string, string]>([
    ["grpc-timeout", "250"],
    ["grpc-timeout", "-1S"],
    ["grpc-timeout", "999999999m"],
    ["grpc-timeout", "1.5S"],
    ["grpc-timeout", "1s"],
    ["grpc-timeout", ""],
    ["x-envoy-expected-rq-timeout-ms", "1e3"],
    ["x-envoy-expected-rq-timeout-ms", "-5"],
    ["x-envoy-expected-rq-timeout-ms", "10, 20"],
  ])("cannot be read from %s: %j, which is told", async (header, value) => {
    rest = await RestUnderTest.start();
    const response = await rest.predict('{"inputs": [1, 2]}', { [header]: value });
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as { error: string };
    expect(error).toContain(`Expected the header ${header} to be `);
    expect(error).toContain(`got ${JSON.stringify(value)}`);
    expect(rest.server.begun).toBe(0);
  });

  it("reaches the model", async () => {
    rest = await RestUnderTest.start();
    const before = performance.now();
    await rest.predict('{"inputs": [1, 2]}', { "grpc-timeout": "5S" });
    const { deadlineMs = 0 } = rest.server.lastCall ?? {};
    expect(deadlineMs).toBeGreaterThanOrEqual(before + 5_000);
    expect(deadlineMs).toBeLessThanOrEqual(performance.now() + 5_000);
  });
});
