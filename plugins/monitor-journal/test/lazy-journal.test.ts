import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testMonitor } from "@plinth/conformance";
import { PlinthError } from "@plinth/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { journalOptions } from "../src/index.js";
import { LazyJournal } from "../src/lazy-journal.js";
import { finished, HeardLogger } from "./journal-under-test.js";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "plinth-lazy-journal-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function lazyJournal(options: object): LazyJournal {
  const checked = journalOptions["~standard"].validate({ directory: folder, ...options });
  if (checked instanceof Promise || checked.issues !== undefined) throw new Error(JSON.stringify(checked));
  return new LazyJournal({ ...checked.value, logger: new HeardLogger() });
}

const failed = () => finished({ error: new PlinthError("INPUT_MISSING", "no x") });

describe("a journal that is opened when it is needed", () => {
  it("knows what happened before it was", async () => {
    await using journal = lazyJournal({ keep: "memory" });
    await journal.start();
    journal.observe(failed());
    const opened = await journal.opened();
    journal.observe(failed());
    const { items } = await opened.find({ limit: 10 });
    expect(items.map(({ kind }) => kind)).toEqual(["failure", "failure", "server"]);
    expect(Date.parse(items[2]?.at ?? "")).toBeLessThanOrEqual(Date.parse(items[1]?.at ?? ""));
  });

  it("is opened with the server where it lies in files, and tells there what is wrong with them", async () => {
    await using journal = lazyJournal({ directory: "/dev/null/journal" });
    await expect(journal.start()).rejects.toThrow(/ENOTDIR/);
  });

  it("is not opened any more once the server stops", async () => {
    const journal = lazyJournal({ keep: "memory" });
    await journal.start();
    await journal[Symbol.asyncDispose]();
    await expect(journal.opened()).rejects.toThrow(/stopping/);
  });
});

testMonitor("@plinth/monitor-journal, opened later", () => lazyJournal({ keep: "memory" }));
