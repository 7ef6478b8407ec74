import { once } from "node:events";
import { mkdtempSync, readFileSync } from "node:fs";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { Client, credentials } from "@grpc/grpc-js";
import { PlinthError } from "@plinth/core";
import { ReloadedTls, tlsOptions } from "@plinth/server-tls";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { TestAuthority } from "../../../../libraries/server-tls/test/test-authority.js";
import { grpcOptions } from "../../src/index.js";
import { ReloadedCredentials } from "../../src/listening/reloaded-credentials.js";
import { GrpcUnderTest, unary } from "../grpc-under-test.js";
import { ECHO_REQUEST, PREDICT } from "../predict-client.js";
import { SILENT } from "../silent-logger.js";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "plinth-grpc-"));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const certificates = mkdtempSync(join(tmpdir(), "plinth-grpc-tls-"));

beforeAll(async () => {
  const authority = await TestAuthority.create(certificates);
  for (const name of ["server", "renewed", "client"]) await authority.issue(name);
});

afterAll(() => rm(certificates, { recursive: true, force: true }));

const certificate = (name: string): string => join(certificates, name);
const pem = (name: string): Buffer => readFileSync(certificate(name));

async function answers(client: Client): Promise<boolean> {
  try {
    return (await unary(client, PREDICT, ECHO_REQUEST)).length > 0;
  } finally {
    client.close();
  }
}

describe("a unix socket", () => {
  it("H21 is listened on beside the port", async () => {
    const path = join(folder, "grpc.sock");
    await using grpc = await GrpcUnderTest.start({ options: { socketPath: path } });
    expect(grpc.urls).toEqual([expect.stringMatching(/^grpc:\/\/127\.0\.0\.1:\d+$/), `unix:${path}`]);
    expect(await answers(new Client(`unix:${path}`, credentials.createInsecure()))).toBe(true);
    expect(await answers(grpc.connect())).toBe(true);
  });

  it("is taken over from a server that was killed, but not from one that lives", async () => {
    const path = join(folder, "grpc.sock");
    const { pid } = await abandonedSocket(path);
    expect(pid).toBeGreaterThan(0);
    await using grpc = await GrpcUnderTest.start({ options: { port: "none", socketPath: path } });
    expect(grpc.urls).toEqual([`unix:${path}`]);
    expect(await answers(new Client(`unix:${path}`, credentials.createInsecure()))).toBe(true);
    await expect(GrpcUnderTest.start({ options: { port: "none", socketPath: path } })).rejects.toThrow(/EADDRINUSE/);
    expect(await answers(new Client(`unix:${path}`, credentials.createInsecure()))).toBe(true);
  });

  it("leaves the port free where it cannot be listened on", async () => {
    const probe = createServer().listen(0, "127.0.0.1");
    await once(probe, "listening");
    const { port } = probe.address() as { port: number };
    await new Promise((resolve) => probe.close(resolve));
    const options = { port, socketPath: join(folder, "nowhere", "grpc.sock") };
    await expect(GrpcUnderTest.start({ options })).rejects.toThrow(/grpc\.sock/);
    const again = createServer().listen(port, "127.0.0.1");
    await once(again, "listening");
    await new Promise((resolve) => again.close(resolve));
  });
});

/** A socket file that a process has left behind. */
async function abandonedSocket(path: string): Promise<{ readonly pid: number }> {
  const { spawn } = await import("node:child_process");
  const child = spawn(process.execPath, [
    "-e",
    `require("net").createServer().listen(${JSON.stringify(path)}, () => console.log("up"))`,
  ]);
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  await once(child, "exit");
  return { pid: child.pid ?? 0 };
}

describe("TLS", () => {
  const tls = { certificate: certificate("server.crt"), key: certificate("server.key") };

  it("is spoken on the port, and nothing else", async () => {
    await using grpc = await GrpcUnderTest.start({ options: { tls } });
    expect(grpc.urls).toEqual([expect.stringMatching(/^grpcs:/)]);
    expect(await answers(new Client(grpc.address, credentials.createSsl(pem("ca.crt"))))).toBe(true);
    await expect(answers(new Client(grpc.address, credentials.createSsl()))).rejects.toThrow();
    await expect(answers(grpc.connect())).rejects.toThrow();
  });

  it("asks for a certificate of a client where authorities for them are given", async () => {
    await using grpc = await GrpcUnderTest.start({ options: { tls: { ...tls, clientCa: certificate("ca.crt") } } });
    const known = credentials.createSsl(pem("ca.crt"), pem("client.key"), pem("client.crt"));
    expect(await answers(new Client(grpc.address, known))).toBe(true);
    await expect(answers(new Client(grpc.address, credentials.createSsl(pem("ca.crt"))))).rejects.toThrow();
  });

  it.each<[string, object, RegExp]>([
    ["a file that is not there", { ...tls, key: "/nowhere/server.key" }, /tls\.key: cannot be read/],
    [
      "a certificate that is none",
      { ...tls, certificate: certificate("server.key") },
      /tls\.certificate: expected certificates/,
    ],
    ["a key of another certificate", { ...tls, key: certificate("renewed.key") }, /tls\.key: is not the key of/],
  ])("does not start with %s", async (_what, wrong, expected) => {
    const failure = await GrpcUnderTest.start({ options: { tls: wrong } }).catch((error) => error);
    expect(failure).toBeInstanceOf(PlinthError);
    expect(failure.message).toMatch(expected);
  });

  it("shows the certificate that the files hold when they change", async () => {
    const paths = { certificate: join(folder, "tls.crt"), key: join(folder, "tls.key") };
    const use = async (name: string) => {
      await copyFile(certificate(`${name}.crt`), paths.certificate);
      await copyFile(certificate(`${name}.key`), paths.key);
    };
    await use("server");
    const tls = tlsOptions.parse(paths);
    using reloaded = await ReloadedTls.open({ tls, directory: folder, logger: SILENT, lookEveryMs: 10 });
    const shown: (string | undefined)[] = [];
    new ReloadedCredentials(reloaded)._addWatcher((context) => shown.push(String(context?.cert)));
    await use("renewed");
    await expect.poll(() => shown).toEqual([pem("renewed.crt").toString()]);
  });

  it("has new connections see it", async () => {
    const paths = { certificate: join(folder, "tls.crt"), key: join(folder, "tls.key") };
    await copyFile(certificate("server.crt"), paths.certificate);
    await copyFile(certificate("server.key"), paths.key);
    await using grpc = await GrpcUnderTest.start({ options: { tls: paths } });
    expect(await commonName(grpc.address)).toBe("server");
  });
});

async function commonName(address: string): Promise<string | undefined> {
  const { hostname: host, port } = new URL(`grpcs://${address}`);
  const socket = connectTls({ host, port: Number(port), ca: pem("ca.crt"), ALPNProtocols: ["h2"] });
  await once(socket, "secureConnect");
  const { subject } = socket.getPeerCertificate();
  socket.destroy();
  return String(subject.CN);
}

describe("the options", () => {
  it.each<[string, object, string]>([
    ["nowhere to listen", { port: "none" }, "no socketPath"],
    ["a port past the last", { port: 65_536 }, "65535"],
    ["a certificate without its key", { tls: { certificate: "a" } }, "key"],
  ])("refuse %s", (_what, options, expected) => {
    expect(() => grpcOptions.parse(options)).toThrow(expected);
  });
});
