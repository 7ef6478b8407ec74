import { createHash } from "node:crypto";
import { PlinthError, type Route } from "@plinth/core";
import { afterEach, describe, expect, it } from "vitest";
import { RestUnderTest, rawExchange, rawRequest } from "../rest-under-test.js";

let rest: RestUnderTest;

afterEach(() => rest[Symbol.asyncDispose]());

const echo: Route = {
  method: "POST",
  path: "/things/:name/parts/*",
  access: "public",
  handle: async (request, { params }) =>
    Response.json({
      name: params.get("name"),
      rest: params.get("*"),
      query: new URL(request.url).searchParams.get("q"),
      header: request.headers.get("x-test"),
      body: await request.text(),
    }),
};

const managed: Route = { method: "GET", path: "/manage", access: "management", handle: () => new Response("managed") };

const failing: Route = {
  method: "GET",
  path: "/fails/:how",
  access: "public",
  handle: (_request, { params }) => {
    if (params.get("how") === "plinth") throw new PlinthError("VERSION_EXISTS", "there already");
    throw new TypeError("x is undefined");
  },
};

const streaming: Route = {
  method: "GET",
  path: "/stream",
  access: "public",
  handle: () => {
    const chunks = ["one ", "two ", "three"].map((chunk) => new TextEncoder().encode(chunk));
    const body = new ReadableStream({
      pull: (controller) => {
        const chunk = chunks.shift();
        if (chunk === undefined) controller.close();
        else controller.enqueue(chunk);
      },
    });
    const headers = new Headers([
      ["set-cookie", "a=1"],
      ["set-cookie", "b=2"],
      ["content-type", "text/plain"],
    ]);
    return new Response(body, { status: 201, headers });
  },
};

describe("a route of another plugin", () => {
  it("is given the request and its parameters, decoded", async () => {
    rest = await RestUnderTest.start({ routes: [echo] });
    const response = await fetch(`${rest.url}/things/a%20b/parts/c/d?q=1`, {
      method: "POST",
      body: "hello",
      headers: { "x-test": "yes" },
    });
    expect(await response.json()).toEqual({ name: "a b", rest: "c/d", query: "1", header: "yes", body: "hello" });
  });

  it("may be asked without a rest", async () => {
    rest = await RestUnderTest.start({ routes: [echo] });
    const response = await fetch(`${rest.url}/things/a/parts`, { method: "POST" });
    expect(await response.json()).toMatchObject({ name: "a", rest: "" });
  });

  it("answers with status, headers and a stream", async () => {
    rest = await RestUnderTest.start({ routes: [streaming] });
    const response = await fetch(`${rest.url}/stream`);
    expect(response.status).toBe(201);
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(await response.text()).toBe("one two three");
  });

  it("may fail, with a clear error for the client", async () => {
    rest = await RestUnderTest.start({ routes: [failing] });
    const known = await fetch(`${rest.url}/fails/plinth`);
    expect([known.status, await known.json()]).toEqual([409, { error: "there already" }]);
    const unknown = await fetch(`${rest.url}/fails/otherwise`);
    expect([unknown.status, await unknown.json()]).toEqual([500, { error: "x is undefined" }]);
  });

  it("gets no more of a body than the limit", async () => {
    rest = await RestUnderTest.start({ routes: [echo], limits: { maxRequestBytes: 10 } });
    const response = await fetch(`${rest.url}/things/a/parts`, { method: "POST", body: "x".repeat(1_000) });
    expect(response.status).toBe(413);
  });

  it("leaves nothing behind on a connection that asks again and again", async () => {
    rest = await RestUnderTest.start();
    const warnings: string[] = [];
    const note = ({ message }: Error) => void warnings.push(message);
    process.on("warning", note);
    const again = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n".repeat(2_000);
    const answers = await rawExchange(
      rest.url,
      `${again}GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    process.off("warning", note);
    expect(answers.match(/HTTP\/1\.1 200/g)).toHaveLength(2_001);
    expect(warnings).toEqual([]);
  });

  it.each(["TRACE", "PROPFIND"])("X24 has no %s, which is no fault of the server's", async (method) => {
    rest = await RestUnderTest.start({ routes: [echo] });
    for (const path of ["/things/a/parts", "/healthz", "/v1/models/echo", "/v1/models/echo:predict"]) {
      const { status, headers } = await rawRequest(rest.url + path, { method });
      expect([path, status, headers.allow]).toEqual([path, 405, expect.any(String)]);
    }
  });

  it("has only the methods that it has", async () => {
    rest = await RestUnderTest.start({ routes: [echo] });
    const response = await fetch(`${rest.url}/things/a/parts`, { method: "PUT" });
    expect([response.status, response.headers.get("allow")]).toEqual([405, "POST"]);
    expect(await response.json()).toEqual({ error: "Expected POST on /things/a/parts, got PUT" });
  });

  it("O12, X25 tells its methods, and not those of a route for all that is below", async () => {
    const below: Route = { method: "DELETE", path: "/things/*", access: "public", handle: () => new Response("none") };
    const named: Route = { ...below, method: "PUT", path: "/things/:thing" };
    rest = await RestUnderTest.start({ routes: [named, below] });
    const thing = await fetch(`${rest.url}/things/a`, { method: "OPTIONS" });
    expect([thing.status, thing.headers.get("allow"), await thing.text()]).toEqual([200, "PUT", ""]);
    const other = await fetch(`${rest.url}/things/a/b`, { method: "OPTIONS" });
    expect([other.status, other.headers.get("allow")]).toEqual([200, "DELETE"]);
    expect((await fetch(`${rest.url}/nothing`, { method: "OPTIONS" })).status).toBe(404);
  });
});

describe("management", () => {
  it("answers callers on this machine", async () => {
    rest = await RestUnderTest.start({ routes: [managed] });
    expect(await (await fetch(`${rest.url}/manage`)).text()).toBe("managed");
  });

  it.each<[string, Record<string, string>]>([
    ["through a proxy", { "X-Forwarded-For": "203.0.113.7" }],
    ["through a proxy of the newer kind", { Forwarded: "for=203.0.113.7" }],
    ["for a name that was re-bound to this machine", { Host: "evil.example:8501" }],
    ["from a page of another origin", { Origin: "https://evil.example" }],
    ["from a page of no origin, as of a file", { Origin: "null" }],
  ])("answers nobody %s", async (_who, headers) => {
    rest = await RestUnderTest.start({ routes: [managed] });
    const answer = await rawRequest(`${rest.url}/manage`, { headers });
    expect([answer.status, answer.body]).toEqual([
      403,
      expect.stringContaining("only callers on the server's own machine"),
    ]);
  });
});

describe("management with tokens", () => {
  const managementTokens = new Map([["ada", createHash("sha256").update("the-token-of-ada").digest("hex")]]);
  const who: Route = {
    method: "GET",
    path: "/who",
    access: "management",
    handle: (_request, { caller }) => new Response(caller),
  };

  it("answers who shows one, also through a proxy and under any name", async () => {
    rest = await RestUnderTest.start({ routes: [who], managementTokens });
    const headers = {
      Authorization: "Bearer the-token-of-ada",
      Host: "models.example",
      "X-Forwarded-For": "203.0.113.7",
    };
    expect(await rawRequest(`${rest.url}/who`, { headers })).toMatchObject({ status: 200, body: "ada" });
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ["none", {}, /Authorization: Bearer/],
    ["another", { Authorization: "Bearer the-token-of-bob" }, /none of those/],
  ])("asks for one where %s is shown, on this machine as well", async (_what, headers, told) => {
    rest = await RestUnderTest.start({ routes: [who], managementTokens });
    const answer = await rawRequest(`${rest.url}/who`, { headers });
    expect([answer.status, answer.headers["www-authenticate"]]).toEqual([401, 'Bearer realm="plinth"']);
    expect(answer.body).toMatch(told);
    expect(answer.body).not.toContain("bob");
  });

  it("leaves inference and health to everybody", async () => {
    rest = await RestUnderTest.start({ routes: [who], managementTokens });
    expect((await fetch(`${rest.url}/healthz`)).status).toBe(200);
    expect((await rest.predict('{"instances": [1]}')).status).toBe(200);
  });
});

describe("health", () => {
  it("says that the process lives and the server is ready", async () => {
    rest = await RestUnderTest.start();
    expect(await (await fetch(`${rest.url}/healthz`)).json()).toEqual({ status: "live" });
    expect(await (await fetch(`${rest.url}/readyz`)).json()).toEqual({ status: "ready", reasons: [] });
  });

  it("says why the server is not ready", async () => {
    rest = await RestUnderTest.start();
    rest.server.readiness = () => ({ ready: false, reasons: ["Model digits is loading"] });
    const response = await fetch(`${rest.url}/readyz`);
    expect([response.status, await response.json()]).toEqual([
      503,
      { status: "not ready", reasons: ["Model digits is loading"] },
    ]);
  });
});

describe("a route that answers without reading the body", () => {
  it("gets no part of that body as the next request", async () => {
    const refuses: Route = {
      method: "PUT",
      path: "/refuse",
      access: "public",
      handle: () => new Response("no", { status: 409 }),
    };
    rest = await RestUnderTest.start({ routes: [refuses], limits: { maxRequestBytes: 10_000_000 } });
    for (let count = 0; count < 3; count++) {
      const response = await fetch(`${rest.url}/refuse`, { method: "PUT", body: new Uint8Array(5_000_000) });
      expect([response.status, await response.text()]).toEqual([409, "no"]);
    }
  });
});

describe("what is not there", () => {
  it("O07 is told in the form of all errors", async () => {
    rest = await RestUnderTest.start();
    const response = await fetch(`${rest.url}/statuspage`);
    expect([response.status, response.headers.get("content-type")]).toEqual([404, "application/json"]);
    expect(await response.json()).toEqual({ error: expect.stringContaining("There is nothing at GET /statuspage") });
  });

  it("X24 is told for a method that a path does not have", async () => {
    rest = await RestUnderTest.start();
    const onStatus = await fetch(`${rest.url}/v1/models/echo`, { method: "DELETE" });
    expect([onStatus.status, onStatus.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    const onPredict = await fetch(rest.predictUrl, { method: "PUT" });
    expect([onPredict.status, onPredict.headers.get("allow")]).toEqual([405, "POST"]);
  });
});
