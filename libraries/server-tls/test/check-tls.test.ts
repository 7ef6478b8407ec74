import { createPrivateKey } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkTls, tlsOptions } from "../src/index.js";
import { TestAuthority } from "./test-authority.js";

const DAY_MS = 86_400_000;

const folder = mkdtempSync(join(tmpdir(), "plinth-tls-"));

beforeAll(async () => {
  const authority = await TestAuthority.create(folder);
  await authority.issue("server");
  await authority.issue("other");
  const [past, future] = [new Date(Date.now() - DAY_MS), new Date(Date.now() + DAY_MS)];
  await authority.issue("expired", { notBefore: new Date(past.getTime() - DAY_MS), notAfter: past });
  await authority.issue("early", { notBefore: future, notAfter: new Date(future.getTime() + DAY_MS) });
  await writeFile(join(folder, "large.crt"), Buffer.alloc(1_048_577));
  const key = createPrivateKey(await readFile(join(folder, "server.key")));
  const locked = key.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "secret" });
  await writeFile(join(folder, "locked.key"), locked);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const GOOD = { certificate: "server.crt", key: "server.key" };

const check = (tls: object) => checkTls(tlsOptions.parse(tls), folder);

const text = (name: string) => readFile(join(folder, name), "utf8");

describe("files of TLS", () => {
  it("are right where they go together, be they named or written out", async () => {
    expect(await check(GOOD)).toEqual([]);
    expect(await check({ ...GOOD, clientCa: "ca.crt" })).toEqual([]);
    expect(await check({ certificate: await text("server.crt"), key: await text("server.key") })).toEqual([]);
    const chain = `${await text("server.crt")}\n${await text("ca.crt")}`;
    expect(await check({ certificate: chain, key: "server.key" })).toEqual([]);
    expect(await checkTls(undefined, folder)).toEqual([]);
  });

  it.each<[what: string, tls: object, option: string, expected: RegExp]>([
    ["a file that is not there", { ...GOOD, key: "nowhere.key" }, "key", /cannot be read: there is no such file/],
    ["a folder", { ...GOOD, clientCa: "." }, "clientCa", /cannot be read: it is a folder/],
    ["a file that is too large", { ...GOOD, certificate: "large.crt" }, "certificate", /at most 1048576 bytes/],
    ["a key for a certificate", { ...GOOD, certificate: "server.key" }, "certificate", /expected certificates as PEM/],
    ["a certificate for a key", { ...GOOD, key: "server.crt" }, "key", /expected a private key as PEM/],
    ["the key of another certificate", { ...GOOD, key: "other.key" }, "key", /is not the key of `certificate`/],
    ["a key with a passphrase", { ...GOOD, key: "locked.key" }, "key", /expected a key without a passphrase/],
    ["authorities that are none", { ...GOOD, clientCa: "server.key" }, "clientCa", /expected certificates as PEM/],
    [
      "a certificate that is torn",
      { ...GOOD, certificate: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----" },
      "certificate",
      /one that cannot be read \(number 1\)/,
    ],
  ])("are refused with %s", async (_what, tls, option, message) => {
    expect(await check(tls)).toEqual([
      { path: ["tls", option], message: expect.stringMatching(message), severity: "fault" },
    ]);
  });

  it("are told of all at once", async () => {
    const findings = await check({ certificate: "a.crt", key: "b.key", clientCa: "c.crt" });
    expect(findings.map(({ path }) => path[1])).toEqual(expect.arrayContaining(["certificate", "key", "clientCa"]));
  });

  it.each<[name: string, expected: RegExp]>([
    ["expired", /^expired at \d{4}-.*; it will be refused$/],
    ["early", /^is not valid before \d{4}-/],
  ])("are warned of where the certificate is %s", async (name, message) => {
    expect(await check({ certificate: `${name}.crt`, key: `${name}.key` })).toEqual([
      { path: ["tls", "certificate"], message: expect.stringMatching(message), severity: "warning" },
    ]);
  });
});
