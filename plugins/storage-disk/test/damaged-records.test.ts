import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Logger } from "@plinth/core";
import { DiskStorage } from "@plinth/storage-disk";
import { Level } from "level";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { silentLogger } from "./silent-logger.js";

const { signal } = new AbortController();
const RECORDS = 50;

let root: string;
let folder: string;
let said: string[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "plinth-test-"));
  folder = join(root, ".plinth/records");
  said = [];
  onTestFinished(() => rm(root, { recursive: true }));
  const storage = new DiskStorage({ root, settleMs: 0 }, silentLogger);
  await storage.start({ signal });
  await storage.publish("m", 1n, [{ path: "a", content: [Buffer.from("published")] }], { signal });
  for (let index = 0; index < RECORDS; index++) {
    await storage.records.put(`key/${String(index).padStart(2, "0")}`, { index }, undefined, { signal });
  }
  await storage[Symbol.asyncDispose]();
  // Into a table of its own, so that not all of it is in the log.
  const level = new Level(folder, { valueEncoding: "json" });
  await level.open();
  await level.put("key/in the log", { value: "late", revision: "1" }, { sync: true });
  await level.close();
});

describe("damaged records", () => {
  it.each<readonly [string, () => Promise<void>]>([
    ["without CURRENT", () => rm(join(folder, "CURRENT"))],
    ["with rubbish in CURRENT", () => writeFile(join(folder, "CURRENT"), "rubbish")],
    ["with an empty CURRENT", () => truncate(join(folder, "CURRENT"))],
    ["with a CURRENT that names nothing", () => writeFile(join(folder, "CURRENT"), "MANIFEST-999999\n")],
    ["without MANIFEST", async () => rm(await pathOf(/^MANIFEST/))],
    ["with an empty MANIFEST", async () => truncate(await pathOf(/^MANIFEST/))],
    ["with a MANIFEST that was cut off", async () => truncate(await pathOf(/^MANIFEST/), 20)],
    ["with rubbish in MANIFEST", async () => writeFile(await pathOf(/^MANIFEST/), "rubbish ".repeat(100))],
    [
      "without LOCK and LOG",
      async () => Promise.all([rm(join(folder, "LOCK")), rm(join(folder, "LOG"))]).then(() => {}),
    ],
  ])("%s are all there again after a start", async (_, damage) => {
    await damage();
    expect(await keysAfterStart()).toHaveLength(RECORDS + 1);
  });

  it("are repaired as far as they can be read, with what they were set aside, and it is said", async () => {
    await writeFile(await pathOf(/\.ldb$/), "rubbish ".repeat(1_000));
    expect(await keysAfterStart()).toEqual(["key/in the log"]);
    expect(said).toContainEqual(
      expect.stringMatching(/^Repaired the damaged records in .*what they were is in .*damaged-/),
    );
    const names = await readdir(join(root, ".plinth"));
    const [copy = ""] = names.filter((name) => name.startsWith("records.damaged-"));
    expect(await readdir(join(root, ".plinth", copy))).toEqual(
      expect.arrayContaining([expect.stringMatching(/\.ldb$/)]),
    );
  });

  it("are not lost in silence where only the log is damaged", async () => {
    const log = await pathOf(/\.log$/);
    const bytes = await readFile(log);
    await writeFile(log, bytes.fill(7, bytes.length - 10));
    expect(await keysAfterStart()).toHaveLength(RECORDS);
    expect(said).toContainEqual(expect.stringMatching(/^Some of the latest records in .* were damaged and are lost$/));
  });

  it("never keep more than three copies of what they were", async () => {
    for (let turn = 0; turn < 5; turn++) {
      await writeFile(join(folder, "CURRENT"), "rubbish");
      expect(await keysAfterStart()).toHaveLength(RECORDS + 1);
    }
    const names = await readdir(join(root, ".plinth"));
    expect(names.filter((name) => name.startsWith("records.damaged-"))).toHaveLength(3);
  });

  it("that cannot be repaired are refused with what to do, and versions are served all the same", async () => {
    await rm(folder, { recursive: true });
    await writeFile(folder, "a file in their place");
    const storage = opened();
    await expect(storage.records.get("key/00", { signal })).rejects.toMatchObject({
      reason: "STORAGE_UNAVAILABLE",
      message: expect.stringMatching(
        /could not be repaired.*Published versions are not touched.*move this folder away/,
      ),
    });
    expect(await storage.list({ signal })).toMatchObject([{ model: "m", versions: [{ version: 1n }] }]);
  });
});

async function pathOf(pattern: RegExp): Promise<string> {
  const name = (await readdir(folder)).find((each) => pattern.test(each));
  return join(folder, name ?? expect.fail(`no file like ${pattern}`));
}

async function keysAfterStart(): Promise<readonly string[]> {
  const storage = opened();
  await storage.start({ signal });
  expect(await storage.list({ signal })).toMatchObject([{ model: "m", versions: [{ version: 1n }] }]);
  const keys: string[] = [];
  for await (const { key } of storage.records.list("", { signal })) keys.push(key);
  await storage[Symbol.asyncDispose]();
  return keys;
}

function opened(): DiskStorage {
  const say = (message: string) => void said.push(message);
  const logger: Logger = { ...silentLogger, warn: say, error: say, child: () => logger };
  const storage = new DiskStorage({ root, settleMs: 0 }, logger);
  onTestFinished(() => storage[Symbol.asyncDispose]());
  return storage;
}
