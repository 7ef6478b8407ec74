import { once } from "node:events";
import { cp, readFile } from "node:fs/promises";
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../architecture/source-files.js";
import { floats, ServingClient } from "../serving-client.js";
import { Serving, TemporaryFolder } from "./serving.js";

const EXAMPLE = join(ROOT, "examples", "digits");

/** All that is imported takes a while where many tests begin at once. */
const START_MS = 60_000;

/** Longest that a connection may take to be gone, or to be there, on a busy machine. */
const PATIENCE = { timeout: 10_000 };

const STORAGE = "storage: { use: disk, root: ./models, settleMs: 0 }\n";

let folder: TemporaryFolder;
let seven: number[];

beforeAll(async () => {
  folder = await TemporaryFolder.create();
  await cp(join(EXAMPLE, "models", "digits", "1"), join(folder.path, "models", "digits", "1"), { recursive: true });
  seven = JSON.parse(await readFile(join(EXAMPLE, "seven.json"), "utf8")).instances[0].flat();
}, START_MS);

afterAll(() => folder[Symbol.asyncDispose]());

function start(protocols: string, server = "{ pollIntervalMs: 86400000 }"): Promise<Serving> {
  const config = `server: ${server}\n${STORAGE}protocols: ${protocols}\n`;
  return Serving.start(config, join(folder.path, "config.yaml"));
}

describe("REST and gRPC on one port", () => {
  it.each<string>([
    "[{ use: rest, port: 0 }, { use: grpc, port: shared }]",
    "[{ use: grpc, port: shared }, { use: rest, port: 0 }]",
  ])("are answered each in its own way: %s", async (protocols) => {
    await using serving = await start(protocols);
    const urls = serving.server.endpoints.map(({ url }) => url);
    expect(urls).toEqual([expect.stringMatching(/^http:/), urls[0]?.replace("http", "grpc")]);
    using client = new ServingClient(urls[1] ?? "");
    const inputs = { image: floats(seven, 1, 784) };
    const [overGrpc, overRest] = await Promise.all([
      client.predict("digits", inputs),
      serving.predict("digits", JSON.stringify({ instances: [seven] })),
    ]);
    expect(overGrpc.outputs.get("digit")?.int64Val).toEqual([7n]);
    expect(JSON.parse(overRest.text).predictions[0].digit).toBe(7);
    expect(await client.health("")).toBe(1);
    await client.predict("digits", inputs);
  });

  it("end what was begun on either before the server stops", async () => {
    await using serving = await start("[{ use: rest, port: 0 }, { use: grpc, port: shared }]");
    const session = connect(serving.url);
    const watch = watchHealth(session);
    await once(watch, "data");
    await fetch(`${serving.url}/healthz`);
    const [ended] = await Promise.all([statusOf(watch), once(session, "close"), serving.server.stop()]);
    expect(ended).toBe("0");
    await expect(fetch(`${serving.url}/healthz`)).rejects.toThrow();
  });

  it("give the place of a connection back when its client has gone", async () => {
    await using serving = await start(
      "[{ use: rest, port: 0 }, { use: grpc, port: shared }]",
      "{ pollIntervalMs: 86400000, limits: { maxConnections: 1 } }",
    );
    for (let round = 0; round < 3; round++) {
      const answered = async () => {
        using client = new ServingClient(serving.server.endpoints[1]?.url ?? "");
        return await client.health("digits").catch(() => 0);
      };
      await expect.poll(answered, PATIENCE).toBe(1);
    }
    const close = { connection: "close" };
    const health = () =>
      fetch(`${serving.url}/healthz`, { headers: close }).then(
        ({ status }) => status,
        () => 0,
      );
    await expect.poll(health, PATIENCE).toBe(200);
  });

  it("take connections that say nothing no longer than requests", async () => {
    await using serving = await start(
      "[{ use: rest, port: 0 }, { use: grpc, port: shared }]",
      "{ pollIntervalMs: 86400000, limits: { requestTimeoutMs: 200 } }",
    );
    using client = new ServingClient(serving.server.endpoints[1]?.url ?? "");
    const { connect } = await import("node:net");
    const silent = connect(Number(new URL(serving.url).port), "127.0.0.1");
    await once(silent, "close");
    expect(await client.health("digits")).toBe(1);
  });
});

describe("a shared port", () => {
  it.each<[what: string, protocols: string, expected: RegExp]>([
    ["without anybody to share it", "[{ use: grpc, port: shared }]", /expected one protocol .*\{ use: rest \}, got 0/],
    [
      "that could be either of two",
      "[{ use: rest, port: 0 }, { use: rest, port: 0 }, { use: grpc, port: shared }]",
      /expected one protocol .*got 2/,
    ],
    [
      "with TLS that is not the host's",
      "[{ use: rest, port: 0 }, { use: grpc, port: shared, tls: { certificate: a, key: b } }]",
      /Write it at that one, as \{ use: rest, tls: … \}/,
    ],
    ["of another word", "[{ use: grpc, port: rest }]", /`shared` for the one that REST listens on/],
  ])("is refused %s", async (_what, protocols, expected) => {
    await expect(start(protocols)).rejects.toThrow(expected);
  });
});

/** A call without an end of its own. */
function watchHealth(session: ClientHttp2Session): ClientHttp2Stream {
  const stream = session.request({
    ":method": "POST",
    ":path": "/grpc.health.v1.Health/Watch",
    "content-type": "application/grpc",
    te: "trailers",
  });
  stream.end(Buffer.alloc(5));
  return stream;
}

async function statusOf(stream: ClientHttp2Stream): Promise<unknown> {
  stream.resume();
  const [trailers] = await once(stream, "trailers");
  return trailers["grpc-status"];
}
