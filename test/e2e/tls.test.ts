import { once } from "node:events";
import { cp, readFile } from "node:fs/promises";
import { connect as connectHttp2 } from "node:http2";
import { request as requestOver } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestAuthority } from "../../libraries/server-tls/test/test-authority.js";
import { ROOT } from "../architecture/source-files.js";
import { floats, ServingClient } from "../serving-client.js";
import { QuietLogger, Serving, TemporaryFolder } from "./serving.js";

/** All that is imported takes a while where many tests begin at once. */
const START_MS = 60_000;

let folder: TemporaryFolder;
let ca: Buffer;
let seven: number[];

beforeAll(async () => {
  folder = await TemporaryFolder.create();
  const digits = join("models", "digits", "1");
  await cp(join(ROOT, "examples", "digits", digits), join(folder.path, digits), { recursive: true });
  seven = JSON.parse(await readFile(join(ROOT, "examples", "digits", "seven.json"), "utf8")).instances[0].flat();
  const authority = await TestAuthority.create(folder.path);
  for (const name of ["server", "other"]) await authority.issue(name);
  const past = new Date(Date.now() - 1_000);
  await authority.issue("expired", { notBefore: new Date(past.getTime() - 1_000), notAfter: past });
  ca = await readFile(join(folder.path, "ca.crt"));
}, START_MS);

afterAll(() => folder[Symbol.asyncDispose]());

function start(protocols: string, logger = new QuietLogger()): Promise<Serving> {
  const config = `server: { pollIntervalMs: 86400000 }
storage: { use: disk, root: ./models, settleMs: 0 }
protocols:
${protocols}`;
  return Serving.start(config, join(folder.path, "config.yaml"), logger);
}

function ask(url: string, body?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = requestOver(url, { ca, method: body === undefined ? "GET" : "POST" }, (response) =>
      resolve(text(response)),
    );
    request.once("error", reject);
    request.end(body);
  });
}

describe("REST and gRPC over TLS", () => {
  it("share one port", async () => {
    await using serving = await start(
      "  - { use: rest, port: 0, tls: { certificate: server.crt, key: server.key } }\n  - { use: grpc, port: shared }\n",
    );
    const urls = serving.server.endpoints.map(({ url }) => url);
    expect(urls).toEqual([expect.stringMatching(/^https:/), urls[0]?.replace("https", "grpcs")]);
    using client = new ServingClient(urls[1] ?? "", ca);
    const [overGrpc, overRest] = await Promise.all([
      client.predict("digits", { image: floats(seven, 1, 784) }),
      ask(`${serving.url}/v1/models/digits:predict`, JSON.stringify({ instances: [seven] })),
    ]);
    expect(overGrpc.outputs.get("digit")?.int64Val).toEqual([7n]);
    expect(JSON.parse(overRest).predictions[0].digit).toBe(7);
    expect(await client.health("digits")).toBe(1);
    expect(await ask(`${serving.url}/api/models`)).toContain('"/api/models/digits"');
  });

  it("end what was begun on the port that they share before the server stops", async () => {
    await using serving = await start(
      "  - { use: rest, port: 0, tls: { certificate: server.crt, key: server.key } }\n  - { use: grpc, port: shared }\n",
    );
    const session = connectHttp2(serving.url, { ca, servername: "localhost" });
    const path = "/grpc.health.v1.Health/Watch";
    const headers = { ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers" };
    const watch = session.request(headers).end(Buffer.alloc(5));
    await once(watch, "data");
    const ended = once(watch.resume(), "trailers");
    await Promise.all([once(session, "close"), serving.server.stop()]);
    expect((await ended)[0]["grpc-status"]).toBe("0");
  });
});

describe("files of TLS in a configuration", () => {
  it("that cannot be used are told of with their place, all at once", async () => {
    const wrong = `  - use: rest
    port: 0
    tls:
      certificate: nowhere.crt
      key: server.key
  - use: grpc
    port: 0
    tls: { certificate: server.crt, key: other.key }
`;
    const failure: Error = await start(wrong).then(
      () => new Error("it started"),
      (error) => error,
    );
    expect(failure.message.split("\n")).toEqual([
      expect.stringMatching(/:7:20: protocols\[0\]\.tls\.certificate: cannot be read: there is no such file$/),
      expect.stringMatching(/:11:42: protocols\[1\]\.tls\.key: is not the key of `certificate`/),
    ]);
  });

  it("that are out of their time are warned of", async () => {
    const said: string[] = [];
    class Listening extends QuietLogger {
      override warn(message: string): void {
        said.push(message);
      }
    }
    const expired = "  - { use: rest, port: 0, tls: { certificate: expired.crt, key: expired.key } }\n";
    await using serving = await start(expired, new Listening());
    expect(serving.url).toMatch(/^https:/);
    expect(said).toEqual([expect.stringMatching(/:4:\d+: protocols\[0\]\.tls\.certificate: expired at/)]);
  });
});
