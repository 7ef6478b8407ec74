import { once } from "node:events";
import { copyFile } from "node:fs/promises";
import { Agent, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { ReloadedTls } from "@plinth/server-tls";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createTlsServer } from "../../src/http/tls-server.js";
import { rawExchange, SILENT } from "../rest-under-test.js";
import { Certificates, secureRequest } from "./tls-clients.js";

type Tls = Pick<ReloadedTls, "bounds" | "context" | "onChange">;

/** Long enough for what a test sends, short enough to be waited for. */
const HANDSHAKE_MS = 100;

let certificates: Certificates;
let server: Server;

beforeEach(async () => {
  certificates = new Certificates();
  await certificates.issue("first", "second");
  await use("first");
});

afterEach(async () => {
  server.close();
  await certificates[Symbol.asyncDispose]();
});

async function use(name: string): Promise<void> {
  await copyFile(certificates.path(`${name}.crt`), certificates.path("tls.crt"));
  await copyFile(certificates.path(`${name}.key`), certificates.path("tls.key"));
}

function openTls(): Promise<ReloadedTls> {
  const directory = certificates.folder;
  return ReloadedTls.open({ tls: certificates.tls("tls"), directory, logger: SILENT, lookEveryMs: 5 });
}

async function listen(tls: Tls): Promise<string> {
  const options = { http: { keepAliveTimeout: 60_000 }, tls, alpnProtocols: [], logger: SILENT };
  server = createTlsServer(options, (_request, response) => response.end("here")).listen(0, "127.0.0.1");
  await once(server, "listening");
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

it("new connections see a certificate that has changed, and those that there are go on", async () => {
  using tls = await openTls();
  const url = await listen(tls);
  const ca = certificates.pem("ca.crt");
  const kept = new Agent({ keepAlive: true, maxSockets: 1 });
  expect((await secureRequest(url, { ca, agent: kept })).commonName).toBe("first");
  await use("second");
  await expect.poll(async () => (await secureRequest(url, { ca, agent: false })).commonName).toBe("second");
  expect(await secureRequest(url, { ca, agent: kept })).toMatchObject({ commonName: "first", body: "here" });
  kept.destroy();
});

it.each<[what: string, bytes: string]>([
  ["nothing at all", ""],
  ["half of a handshake", "\x16\x03\x01\x02\x00\x01"],
])("a handshake that takes too long is cut: %s", async (_what, bytes) => {
  using tls = await openTls();
  const bounds = { ...tls.bounds, handshakeTimeout: HANDSHAKE_MS };
  const url = await listen({ bounds, context: tls.context, onChange: () => {} });
  expect(await rawExchange(url, bytes)).toBe("");
});
