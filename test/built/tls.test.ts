import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { TestAuthority } from "../../libraries/server-tls/test/test-authority.js";
import { ROOT } from "../architecture/source-files.js";
import { floats, ServingClient } from "../serving-client.js";
import { RunningCommand } from "./running-command.js";
import { type Ended, PLINTH } from "./served-folder.js";

const EXAMPLE = join(ROOT, "examples", "digits");

let folder: string;
let server: RunningCommand | undefined;
let seven: number[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "plinth-tls-"));
  await cp(join(EXAMPLE, "models", "digits", "1"), join(folder, "models", "digits", "1"), { recursive: true });
  seven = JSON.parse(await readFile(join(EXAMPLE, "seven.json"), "utf8")).instances[0].flat();
  const authority = await TestAuthority.create(folder);
  for (const name of ["server", "client", "other"]) await authority.issue(name);
  const past = new Date(Date.now() - 1_000);
  await authority.issue("expired", { notBefore: new Date(past.getTime() - 1_000), notAfter: past });
});

afterEach(async () => {
  await server?.stop().catch(() => {});
  server = undefined;
});

afterAll(() => rm(folder, { recursive: true }));

async function configure(tls: string, processes: number): Promise<string> {
  const file = join(folder, "config.yaml");
  const text = `server: { processes: ${processes}, pollIntervalMs: 20 }
storage: { use: disk, root: ./models, settleMs: 0 }
protocols:
  - { use: rest, port: 0, tls: ${tls} }
  - { use: grpc, port: shared }
`;
  await writeFile(file, text);
  return file;
}

/** @returns the addresses of REST and of gRPC */
async function serve(tls: string, processes = 1): Promise<readonly string[]> {
  server = new RunningCommand(process.execPath, [PLINTH, "serve", await configure(tls, processes)], folder);
  const [, urls = ""] = await server.line(/^Plinth listens on (.+)$/);
  await server.line(/^Ready after/);
  return urls.split(", ");
}

function plinth(words: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const options = { cwd: folder, env: { ...process.env, ...environment } };
  return new Promise((resolve) => {
    execFile(process.execPath, [PLINTH, ...words], options, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

const MINE = { PLINTH_CERTIFICATE_FILE: "client.crt", PLINTH_KEY_FILE: "client.key" };

describe("TLS", () => {
  it("is spoken by all processes of a server, on one port for REST and gRPC", async () => {
    const [rest = "", grpc = ""] = await serve("{ certificate: server.crt, key: server.key }", 2);
    expect([rest, grpc]).toEqual([expect.stringMatching(/^https:/), rest.replace("https", "grpcs")]);
    const ca = await readFile(join(folder, "ca.crt"));
    const clients = Array.from({ length: 4 }, () => new ServingClient(grpc, ca));
    const answers = await Promise.all(
      clients.map((client) => client.predict("digits", { image: floats(seven, 1, 784) })),
    );
    for (const client of clients) client[Symbol.dispose]();
    expect(answers.map(({ outputs }) => outputs.get("digit")?.int64Val)).toEqual(clients.map(() => [7n]));
    const asked = ["models", "--server", rest];
    expect((await plinth([...asked, "--ca-file", "ca.crt"])).stdout).toMatch(/^digits +yes/m);
    expect((await plinth(asked, { NODE_EXTRA_CA_CERTS: join(folder, "ca.crt") })).stdout).toMatch(/^digits +yes/m);
    expect(await plinth(asked)).toMatchObject({ code: 3, stderr: expect.stringContaining("--ca-file") });
    expect(await plinth(["models", "--server", rest.replace("https", "http")])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("write https://"),
    });
    expect(await server?.stop()).toBe(0);
  });

  it("is spoken with commands that show a certificate where the server wants one", async () => {
    const [rest = ""] = await serve("{ certificate: server.crt, key: server.key, clientCa: ca.crt }");
    const asked = ["--server", rest, "--ca-file", "ca.crt"];
    expect((await plinth(["models", ...asked], MINE)).stdout).toMatch(/^digits +yes/m);
    expect((await plinth(["push", "pushed", "models/digits/1", ...asked], MINE)).stdout).toMatch(
      /^Published version 1/,
    );
    expect(
      (await plinth(["complete", "--", "status", "--server", rest, "dig"], { ...MINE, PLINTH_CA_FILE: "ca.crt" })).code,
    ).toBe(0);
    const refused = await plinth(["models", ...asked]);
    expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining("--certificate-file") });
    const half = await plinth(["models", ...asked, "--key-file", "client.key"]);
    expect(half).toMatchObject({ code: 2, stderr: expect.stringContaining("together") });
  });

  it("is checked with the configuration", async () => {
    const wrong = await configure("{ certificate: server.crt, key: other.key }", 1);
    expect(await plinth(["check", wrong])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/config\.yaml:4:\d+: protocols\[0\]\.tls\.key: is not the key of/),
    });
    const late = await configure("{ certificate: expired.crt, key: expired.key }", 1);
    expect(await plinth(["check", late])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("is right"),
      stderr: expect.stringMatching(/^Warning: .*protocols\[0\]\.tls\.certificate: expired at/),
    });
  });
});
