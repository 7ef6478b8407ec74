import { readFileSync } from "node:fs";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Logger, PlinthError } from "@plinth/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ReloadedTls, tlsOptions } from "../src/index.js";
import { TestAuthority } from "./test-authority.js";

/** Between two looks, in milliseconds. */
const LOOK_EVERY_MS = 5;

const TLS = tlsOptions.parse({ certificate: "tls.crt", key: "tls.key" });

let directory: string;
let said: string[];
let logger: Logger;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "plinth-tls-"));
  const authority = await TestAuthority.create(directory);
  for (const name of ["first", "second"]) await authority.issue(name);
  const past = new Date(Date.now() - 1_000);
  await authority.issue("expired", { notBefore: new Date(past.getTime() - 1_000), notAfter: past });
  said = [];
  const say = (level: string) => (text: string) => void said.push(`${level}: ${text}`);
  logger = { debug: say("debug"), info: say("info"), warn: say("warn"), error: say("error"), child: () => logger };
});

afterEach(() => rm(directory, { recursive: true, force: true }));

async function use(name: string): Promise<void> {
  await copyFile(join(directory, `${name}.crt`), join(directory, "tls.crt"));
  await copyFile(join(directory, `${name}.key`), join(directory, "tls.key"));
}

const pem = (name: string) => readFileSync(join(directory, name), "utf8");

describe("what the files of TLS hold", () => {
  it("is given when they change, and stays when they are torn", async () => {
    await use("first");
    using tls = await ReloadedTls.open({ tls: TLS, directory, logger, lookEveryMs: LOOK_EVERY_MS });
    const given: string[] = [];
    tls.onChange(({ cert }) => given.push(String(cert)));
    await writeFile(join(directory, "tls.crt"), "half of");
    await expect.poll(() => said).toEqual([expect.stringMatching(/^error: .*stays as it was: tls\.certificate: /)]);
    expect(String(tls.context.cert)).toBe(pem("first.crt"));
    await use("second");
    await expect.poll(() => given).toEqual([pem("second.crt")]);
    expect(String(tls.context.cert)).toBe(pem("second.crt"));
    expect(said).toContainEqual(expect.stringMatching(/^info: New connections get the certificate/));
  });

  it("is told of once where it is out of its time", async () => {
    await use("first");
    using tls = await ReloadedTls.open({ tls: TLS, directory, logger, lookEveryMs: LOOK_EVERY_MS });
    await use("expired");
    await expect.poll(() => String(tls.context.cert)).toBe(pem("expired.crt"));
    await use("first");
    await expect.poll(() => String(tls.context.cert)).toBe(pem("first.crt"));
    expect(said.filter((text) => text.startsWith("warn: tls.certificate: expired at "))).toHaveLength(1);
  });

  it("cannot be used where it does not go together", async () => {
    await use("first");
    const wrong = { ...TLS, key: "second.key", clientCa: "nowhere.crt" };
    const failure = await ReloadedTls.open({ tls: wrong, directory, logger }).catch((error) => error);
    expect(failure).toBeInstanceOf(PlinthError);
    expect(failure.message).toMatch(/tls\.clientCa: cannot be read.*; tls\.key: is not the key of/);
  });

  it("says who must show a certificate", async () => {
    await use("first");
    using open = await ReloadedTls.open({ tls: TLS, directory, logger });
    expect(open.bounds).toMatchObject({ requestCert: false, rejectUnauthorized: false });
    using mutual = await ReloadedTls.open({ tls: { ...TLS, clientCa: "ca.crt" }, directory, logger });
    expect(mutual.bounds).toMatchObject({ requestCert: true, rejectUnauthorized: true });
    expect(String(mutual.context.ca)).toBe(pem("ca.crt"));
  });
});
