import { once } from "node:events";
import { Agent } from "node:https";
import { connect, type Socket } from "node:net";
import type { Route } from "@plinth/core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { RestUnderTest, rawExchange } from "../rest-under-test.js";
import { Certificates, secureConnection, secureExchange, secureRequest } from "./tls-clients.js";

/** Long enough for what a test sends, short enough to be waited for. */
const TIMEOUT_MS = 300;

const HEALTH = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

const certificates = new Certificates();
const agent = new Agent({ keepAlive: true });
let ca: Buffer;
let rest: RestUnderTest;

beforeAll(async () => {
  await certificates.issue("server", "client");
  ca = certificates.pem("ca.crt");
});

afterEach(() => rest?.[Symbol.asyncDispose]());

afterAll(async () => {
  agent.destroy();
  await certificates[Symbol.asyncDispose]();
});

async function start(
  limits: { readonly requestTimeoutMs?: number; readonly maxConnections?: number } = {},
  more: { readonly tls?: object; readonly routes?: readonly Route[] } = {},
): Promise<void> {
  const tls = { ...certificates.tls("server"), ...more.tls };
  rest = await RestUnderTest.start({ limits, tls, routes: more.routes ?? [] });
}

async function silentConnection(): Promise<Socket> {
  const { hostname, port } = new URL(rest.url);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  return socket;
}

describe("REST over TLS", () => {
  it("is told of and answers, on connections that are kept", async () => {
    await start();
    expect(rest.urls).toEqual([expect.stringMatching(/^https:\/\/127\.0\.0\.1:\d+$/)]);
    for (const path of ["/healthz", "/v1/models/echo", "/openapi.json"]) {
      expect((await secureRequest(rest.url + path, { ca, agent })).status).toBe(200);
    }
    const answer = await secureRequest(rest.predictUrl, { ca, agent, body: '{"inputs": [1, 2]}' });
    expect(answer).toMatchObject({ status: 200, body: '{"outputs":[1.0,2.0]}' });
  });

  it("is what its clients see: another authority, or plain text, is none", async () => {
    await start();
    await expect(secureRequest(`${rest.url}/healthz`, {})).rejects.toThrow(/unable to verify|self.signed/);
    const plain = await rawExchange(rest.url, HEALTH).catch(String);
    expect(plain).not.toContain("HTTP/1.1");
    expect((await secureRequest(`${rest.url}/healthz`, { ca })).status).toBe(200);
  });

  it("asks for a certificate of a client where authorities for them are given", async () => {
    await start({}, { tls: { clientCa: certificates.path("ca.crt") } });
    const known = { cert: certificates.pem("client.crt"), key: certificates.pem("client.key") };
    expect((await secureRequest(`${rest.url}/healthz`, { ca, ...known })).status).toBe(200);
    await expect(secureRequest(`${rest.url}/healthz`, { ca })).rejects.toThrow();
  });

  it("speaks no older version than is said", async () => {
    await start({}, { tls: { minVersion: "TLSv1.3" } });
    await expect(secureRequest(`${rest.url}/healthz`, { ca, maxVersion: "TLSv1.2" })).rejects.toThrow(/version/);
    expect((await secureRequest(`${rest.url}/healthz`, { ca })).status).toBe(200);
  });

  it("refuses clients that speak HTTP/2 alone, and answers those that speak both", async () => {
    await start();
    await expect(secureConnection(rest.url, { ca, ALPNProtocols: ["h2"] })).rejects.toThrow(/alert|protocol/i);
    const options = { ca, ALPNProtocols: ["h2", "http/1.1"] };
    expect(await secureExchange(rest.url, HEALTH, options)).toMatch(/^HTTP\/1\.1 200/);
  });

  it("answers what is no HTTP with 400", async () => {
    await start();
    expect(await secureExchange(rest.url, "\0\0\r\n\r\n", { ca })).toMatch(/^HTTP\/1\.1 400/);
  });

  it("has routes see its scheme, and takes pages of this server alone for local", async () => {
    const where: Route = {
      method: "POST",
      path: "/where",
      access: "management",
      handle: async ({ url }) => new Response(url),
    };
    await start({}, { routes: [where] });
    const ask = (headers: Record<string, string>) => secureRequest(`${rest.url}/where`, { ca, headers, body: "" });
    expect(await ask({})).toMatchObject({ status: 200, body: `${rest.url}/where` });
    expect(await ask({ origin: rest.url })).toMatchObject({ status: 200 });
    expect(await ask({ origin: rest.url.replace("https", "http") })).toMatchObject({ status: 403 });
  });

  it("does not start without what it needs", async () => {
    await expect(start({}, { tls: { key: certificates.path("client.key") } })).rejects.toThrow(
      /tls\.key: is not the key of/,
    );
  });
});

describe("a request that takes too long over TLS", () => {
  it.each<[what: string, bytes: string]>([
    ["half of the headers", "GET /healthz HTTP/1.1\r\nHost:"],
    ["half of a body", "POST /v1/models/echo:predict HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"],
    ["half of a second request", `${HEALTH.replace("close", "keep-alive")}GET /hea`],
  ])("is answered with 408: %s", async (_what, bytes) => {
    await start({ requestTimeoutMs: TIMEOUT_MS });
    expect(await secureExchange(rest.url, bytes, { ca })).toMatch(/HTTP\/1\.1 408 /);
  });
});

describe("connections over TLS", () => {
  it("are as many as there may be, those that have not agreed on TLS among them", async () => {
    await start({ maxConnections: 2 });
    const silent = await silentConnection();
    const spoken = await secureConnection(rest.url, { ca });
    const refused = await silentConnection();
    await once(refused, "close");
    silent.destroy();
    const status = () =>
      secureRequest(`${rest.url}/healthz`, { ca }).then(
        (answer) => answer.status,
        () => 0,
      );
    await expect.poll(status).toBe(200);
    spoken.destroy();
  });

  it("are drained when what was begun is answered; those without TLS or a request are cut", async () => {
    await start();
    const silent = await silentConnection();
    const idle = await secureConnection(rest.url, { ca });
    rest.server.holdUp();
    const begun = rest.server.nextRequest();
    const answer = secureRequest(rest.predictUrl, { ca, body: '{"inputs": [1, 2]}' });
    await begun;
    const drained = rest.drain();
    await Promise.all([once(silent, "close"), once(idle.resume(), "close")]);
    rest.server.letGo();
    expect((await answer).status).toBe(200);
    await drained;
  });

  it("are cut when the protocol is disposed", async () => {
    await start();
    const silent = await silentConnection();
    const idle = await secureConnection(rest.url, { ca });
    const closed = Promise.all([once(silent, "close"), once(idle.resume(), "close")]);
    await rest[Symbol.asyncDispose]();
    await closed;
  });
});
