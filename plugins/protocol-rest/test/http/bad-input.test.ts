import { once } from "node:events";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { RestUnderTest, rawExchange } from "../rest-under-test.js";

const BODY = '{"inputs": [1, 2]}';

let rest: RestUnderTest;

afterEach(() => rest[Symbol.asyncDispose]());

/** The server is as it was: it answers, and nothing is held. */
async function expectUnharmed(): Promise<void> {
  const response = await rest.predict(BODY);
  expect(await response.json()).toEqual({ outputs: [1, 2] });
  await expect.poll(() => rest.server.held).toBe(0);
}

describe("a body that is too large", () => {
  it("is refused by its announced length, before it is read", async () => {
    rest = await RestUnderTest.start();
    const answer = await rawExchange(
      rest.url,
      "POST /v1/models/echo:predict HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n{",
    );
    expect(answer).toContain("HTTP/1.1 413");
    expect(answer).toContain("at most 1000 bytes (server.limits.maxRequestBytes), got 99999999 bytes");
    await expectUnharmed();
  });

  it("is refused when it turns out so, where no length was announced", async () => {
    rest = await RestUnderTest.start();
    const chunk = `${(600).toString(16)}\r\n${" ".repeat(600)}\r\n`;
    const answer = await rawExchange(
      rest.url,
      `POST /v1/models/echo:predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}${chunk}`,
    );
    expect(answer).toContain("HTTP/1.1 413");
    await expectUnharmed();
  });

  it("gets its answer though the client sends everything before it reads", async () => {
    rest = await RestUnderTest.start();
    const response = await rest.predict(" ".repeat(500_000));
    expect(response.status).toBe(413);
    await expectUnharmed();
  });
});

describe("a packed body", () => {
  it.each(["gzip", "x-gzip"])("O09 is unpacked from %s", async (encoding) => {
    rest = await RestUnderTest.start();
    const response = await rest.predict(new Uint8Array(gzipSync(BODY)), { "Content-Encoding": encoding });
    expect(await response.json()).toEqual({ outputs: [1, 2] });
  });

  it("O10 is refused where it would unpack to more than may be sent", async () => {
    rest = await RestUnderTest.start();
    const bomb = gzipSync(" ".repeat(500_000));
    expect(bomb.length).toBeLessThan(1_000);
    const response = await rest.predict(new Uint8Array(bomb), { "Content-Encoding": "gzip" });
    expect(response.status).toBe(413);
    expect(await response.text()).toContain("more after unpacking");
    await expectUnharmed();
  });

  it("O10 is refused where it is damaged, empty or packed otherwise", async () => {
    rest = await RestUnderTest.start();
    const packed = gzipSync(BODY);
    for (const body of [packed.subarray(0, -9), Buffer.from("plain"), Buffer.alloc(0)]) {
      const response = await rest.predict(new Uint8Array(body), { "Content-Encoding": "gzip" });
      expect([response.status, await response.text()]).toEqual([400, expect.stringContaining("not valid gzip")]);
    }
    const response = await rest.predict(BODY, { "Content-Encoding": "br" });
    expect([response.status, await response.text()]).toEqual([
      501,
      expect.stringContaining("Expected Content-Encoding gzip, deflate or none"),
    ]);
    expect(response.headers.get("accept-encoding")).toBe("gzip, deflate");
    await expectUnharmed();
  });
});

describe("a client", () => {
  it("that sends too slowly is told so and let go", async () => {
    rest = await RestUnderTest.start({ limits: { requestTimeoutMs: 100 } });
    const answer = await rawExchange(
      rest.url,
      "POST /v1/models/echo:predict HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
    );
    expect(answer).toContain("HTTP/1.1 408");
    expect(answer).toContain("server.limits.requestTimeoutMs");
    await expectUnharmed();
  });

  it("that goes away in the middle of its request disturbs nobody", async () => {
    rest = await RestUnderTest.start();
    const { hostname, port } = new URL(rest.url);
    for (let count = 0; count < 20; count++) {
      const socket = connect(Number(port), hostname);
      await once(socket, "connect");
      socket.write("POST /v1/models/echo:predict HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{");
      socket.destroy();
    }
    await expectUnharmed();
  });

  it("that goes away while its request runs lets go of the version", async () => {
    rest = await RestUnderTest.start();
    rest.server.holdUp();
    const reached = rest.server.nextRequest();
    const leaving = new AbortController();
    const answer = fetch(rest.predictUrl, { method: "POST", body: BODY, signal: leaving.signal });
    await reached;
    leaving.abort();
    await expect(answer).rejects.toThrow();
    rest.server.letGo();
    await expectUnharmed();
  });

  it("that speaks no HTTP gets an error in the same form", async () => {
    rest = await RestUnderTest.start();
    const answer = await rawExchange(rest.url, "HELO there\r\n\r\n");
    expect(answer).toContain("HTTP/1.1 400");
    expect(answer).toContain('{"error":"The request is not valid HTTP/1.1"}');
    await expectUnharmed();
  });

  it("that sends endless headers is stopped", async () => {
    rest = await RestUnderTest.start();
    const answer = await rawExchange(rest.url, `GET /healthz HTTP/1.1\r\nHost: x\r\nX: ${"x".repeat(20_000)}\r\n\r\n`);
    expect(answer).toContain("HTTP/1.1 431");
    await expectUnharmed();
  });

  it("that sends nonsense keeps its connection", async () => {
    rest = await RestUnderTest.start();
    const one = (body: string) =>
      `POST /v1/models/echo:predict HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const last = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    const answers = await rawExchange(rest.url, one("nonsense") + one(BODY) + last);
    expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 400", "HTTP/1.1 200", "HTTP/1.1 200"]);
  });
});
