import { once } from "node:events";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { RestUnderTest } from "../rest-under-test.js";
import { LineGuest } from "../sharing/line-guest.js";
import { Certificates, secureConnection, secureExchange } from "./tls-clients.js";

const HEALTH = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

const certificates = new Certificates();
let ca: Buffer;
let guest: LineGuest;
let rest: RestUnderTest;

beforeAll(async () => {
  await certificates.issue("server");
  ca = certificates.pem("ca.crt");
});

beforeEach(async () => {
  guest = new LineGuest();
  rest = await RestUnderTest.start({
    limits: { requestTimeoutMs: 300 },
    guests: [guest],
    tls: certificates.tls("server"),
  });
});

afterEach(() => rest[Symbol.asyncDispose]());

afterAll(() => certificates[Symbol.asyncDispose]());

describe("a port that is shared over TLS", () => {
  it("is told of under each scheme", () => {
    expect(rest.urls).toEqual([expect.stringMatching(/^https:/), rest.url.replace("https", "liness")]);
  });

  it("gives a guest the connections that ask for it alone", async () => {
    const socket = await secureConnection(rest.url, { ca, ALPNProtocols: ["lines"] });
    expect(socket.alpnProtocol).toBe("lines");
    socket.write("print this");
    expect(String((await once(socket, "data"))[0])).toBe("PRINT THIS");
    const closed = once(socket, "close");
    await rest[Symbol.asyncDispose]();
    await closed;
  });

  it.each<[asked: string[] | undefined]>([[undefined], [["http/1.1"]], [["lines", "http/1.1"]]])(
    "answers HTTP to those that ask for %j, in its bounds of time",
    async (ALPNProtocols) => {
      const options = { ca, ...(ALPNProtocols !== undefined && { ALPNProtocols }) };
      expect(await secureExchange(rest.url, HEALTH, options)).toMatch(/^HTTP\/1\.1 200/);
      expect(await secureExchange(rest.url, "GET /hea", options)).toMatch(/^HTTP\/1\.1 408/);
      expect(guest.connections.size).toBe(0);
    },
  );

  it("answers HTTP to what begins as a guest's does, where nobody asked for it", async () => {
    expect(await secureExchange(rest.url, "PRINT this\r\n\r\n", { ca })).toMatch(/^HTTP\/1\.1 400/);
  });
});
