import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RestUnderTest, rawExchange } from "../rest-under-test.js";
import { LineGuest } from "./line-guest.js";

const HEALTH = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

/** Long enough for what a test sends, short enough to be waited for. */
const TIMEOUT_MS = 200;

let guest: LineGuest;
let rest: RestUnderTest;
let clients: Socket[];

beforeEach(() => {
  guest = new LineGuest();
  clients = [];
});

afterEach(async () => {
  for (const client of clients) client.destroy();
  await rest[Symbol.asyncDispose]();
});

async function start(limits: { readonly requestTimeoutMs?: number; readonly maxConnections?: number } = {}) {
  rest = await RestUnderTest.start({ limits, guests: [guest] });
}

async function client(): Promise<Socket> {
  const { hostname, port } = new URL(rest.url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  clients.push(socket);
  await once(socket, "connect");
  return socket;
}

/** Sends each part when the one before is on its way. */
async function send(socket: Socket, ...parts: readonly string[]): Promise<void> {
  for (const part of parts) {
    await new Promise((resolve) => socket.write(part, resolve));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** The next so many bytes. */
async function received(socket: Socket, length: number): Promise<string> {
  let text = "";
  for await (const chunk of socket) {
    text += chunk;
    if (text.length >= length) break;
  }
  return text;
}

async function answerOf(socket: Socket): Promise<string> {
  const [chunk] = await once(socket, "data");
  return String(chunk);
}

describe("a port that is shared", () => {
  it("is told of under each scheme", async () => {
    await start();
    expect(rest.urls).toEqual([expect.stringMatching(/^http:/), rest.url.replace("http", "lines")]);
  });

  it("gives a guest its connections with all that came on them, be it in pieces", async () => {
    await start();
    for (const parts of [["PRINT this"], ["P", "RINT", " this"], [..."PRINT this"]]) {
      const socket = await client();
      const whole = received(socket, "PRINT THIS".length);
      await send(socket, ...parts);
      expect(await whole).toBe("PRINT THIS");
    }
  });

  it("answers HTTP on all others, be it in pieces, with bodies, or several requests at once", async () => {
    await start();
    const body = '{"inputs": [1, 2]}';
    const predict = `POST /v1/models/echo:predict HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    expect((await rawExchange(rest.url, predict + predict + HEALTH)).match(/HTTP\/1\.1 200/g)).toHaveLength(3);
    const socket = await client();
    await send(socket, "P", "O", predict.slice(2, 70), predict.slice(70));
    expect(await answerOf(socket)).toContain('{"outputs":[1.0,2.0]}');
    await send(socket, predict);
    expect(await answerOf(socket)).toContain('{"outputs":[1.0,2.0]}');
    expect(await (await fetch(`${rest.url}/healthz`)).json()).toEqual({ status: "live" });
  });

  it("answers HTTP to a client that has said its last", async () => {
    await start();
    const socket = await client();
    socket.end(HEALTH);
    expect(await text(socket)).toContain("HTTP/1.1 200");
  });

  it.each<[string, string]>([
    ["bytes of no protocol", "\x16\x03\x01\0\r\n\r\n"],
    ["what is almost a preface", "PRINTS\r\n\r\n"],
  ])("refuses %s as HTTP", async (_what, bytes) => {
    await start();
    expect(await rawExchange(rest.url, bytes)).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe("what takes too long on a port that is shared", () => {
  it.each<[string, string]>([
    ["nothing at all", ""],
    ["half a preface", "PRIN"],
  ])("is cut: %s", async (_what, bytes) => {
    await start({ requestTimeoutMs: TIMEOUT_MS });
    expect(await rawExchange(rest.url, bytes)).toBe("");
  });

  it.each<[string, string]>([
    ["half of the headers", "GET /healthz HTTP/1.1\r\nHost:"],
    ["half of a body", "POST /v1/models/echo:predict HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"],
    ["half of a second request", `${HEALTH.replace("close", "keep-alive")}GET /hea`],
  ])("is answered with 408, as on a port of its own: %s", async (_what, bytes) => {
    await start({ requestTimeoutMs: TIMEOUT_MS });
    expect(await rawExchange(rest.url, bytes)).toMatch(/HTTP\/1\.1 408 /);
  });

  it("does not concern guests", async () => {
    await start({ requestTimeoutMs: TIMEOUT_MS });
    const socket = await client();
    await send(socket, "PRINT this");
    expect(await answerOf(socket)).toBe("PRINT THIS");
    expect(await rawExchange(rest.url, "")).toBe("");
    await send(socket, "on");
    expect(await answerOf(socket)).toBe("ON");
  });
});

describe("connections to a port that is shared", () => {
  it("are as many as there may be, of all protocols together", async () => {
    await start({ maxConnections: 2 });
    const [spoken, silent] = [await client(), await client()];
    await send(spoken, "PRINT this");
    expect(await answerOf(spoken)).toBe("PRINT THIS");
    const refused = await client();
    await once(refused, "close");
    silent.destroy();
    await expect
      .poll(() =>
        fetch(`${rest.url}/healthz`).then(
          ({ status }) => status,
          () => 0,
        ),
      )
      .toBe(200);
  });

  it("end without harm when clients reset them before they say whose they are", async () => {
    await start();
    const socket = await client();
    await send(socket, "PRI");
    socket.resetAndDestroy();
    expect((await fetch(`${rest.url}/healthz`)).status).toBe(200);
  });

  it("end when a guest's client has said its last", async () => {
    await start();
    const socket = await client();
    socket.end("PRINT this");
    expect(await text(socket)).toBe("PRINT THIS");
    await expect.poll(() => guest.connections.size).toBe(0);
  });

  it("are drained when guests have ended theirs; those that have said nothing are cut", async () => {
    await start();
    const [spoken, silent] = [await client(), await client()];
    await send(spoken, "PRINT this");
    await answerOf(spoken);
    let isDrained = false;
    const drained = rest.drain().then(() => {
      isDrained = true;
    });
    await once(silent, "close");
    expect(isDrained).toBe(false);
    for (const connection of guest.connections) connection.end();
    await drained;
  });

  it("are cut when the host is disposed, guests' included", async () => {
    await start();
    const socket = await client();
    await send(socket, "PRINT this");
    await answerOf(socket);
    const closed = once(socket, "close");
    await rest[Symbol.asyncDispose]();
    await closed;
  });
});
