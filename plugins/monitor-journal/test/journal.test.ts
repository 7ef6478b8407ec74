import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PlinthError, type ServerEvent } from "@plinth/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { JournalEntry } from "../src/index.js";
import { finished, JournalUnderTest } from "./journal-under-test.js";

let journal: JournalUnderTest;

afterEach(() => journal?.[Symbol.asyncDispose]());

function stateChanged(model: string, version: bigint, error?: PlinthError): ServerEvent {
  const to = error === undefined ? "available" : "error";
  return { type: "version-state-changed", model, version, from: "loading", to, afterMs: 5, error, atMs: Date.now() };
}

const DAMAGED = new PlinthError("MODEL_FILE_INVALID", "damaged", { cause: new Error("at byte 7") });

describe("the journal", () => {
  it("tells what happened, the newest first, with whence errors came", async () => {
    journal = await JournalUnderTest.start();
    journal.monitor.observe(stateChanged("digits", 1n));
    journal.monitor.observe(stateChanged("digits", 2n, DAMAGED));
    const error = new PlinthError("INPUT_MISSING", "no x");
    journal.monitor.observe(finished({ error, timings: undefined }));
    journal.monitor.observe(finished());
    const [failure, state, ...older] = await journal.find();
    expect(failure).toMatchObject({
      level: "warn",
      kind: "failure",
      model: "digits",
      version: "2",
      message: "no x",
      reason: "INPUT_MISSING",
      code: "INVALID_ARGUMENT",
      requestId: "7",
      protocol: "rest",
    });
    expect(failure?.stack, "clients' own mistakes need no stack").toBeUndefined();
    expect(failure?.inputs).toBeUndefined();
    expect(state).toMatchObject({ level: "error", kind: "state", version: "2", durationMs: 5 });
    expect(state?.stack).toMatch(/damaged[\s\S]*caused by: Error: at byte 7/);
    expect(older.map(({ message }) => message)).toEqual([
      "Version 1 of digits: loading -> available",
      "The server has been started",
    ]);
  });

  it("is found by model, version, level, kind, text and time, in pages", async () => {
    journal = await JournalUnderTest.start();
    for (let version = 1n; version <= 10n; version++) {
      journal.monitor.observe(
        stateChanged(version % 2n === 0n ? "even" : "odd", version, version > 8n ? DAMAGED : undefined),
      );
    }
    const versions = async (query: object) => (await journal.find(query)).map(({ version }) => version);
    expect(await versions({ model: "odd" })).toEqual(["9", "7", "5", "3", "1"]);
    expect(await versions({ model: "odd", version: "3" })).toEqual(["3"]);
    expect(await versions({ level: "error" })).toEqual(["10", "9"]);
    expect(await versions({ kind: "state", text: "VERSION 4" })).toEqual(["4"]);
    expect(await versions({ until: new Date(Date.now() - 60_000).toISOString() })).toEqual([]);
    expect(await versions({ since: new Date(Date.now() + 60_000).toISOString() })).toEqual([]);
    const first = await journal.monitor.find({ kind: "state", limit: 4 });
    const second = await journal.monitor.find({ kind: "state", limit: 100, before: first.nextBefore });
    expect([...first.items, ...second.items].map(({ version }) => Number(version))).toEqual([
      10, 9, 8, 7, 6, 5, 4, 3, 2, 1,
    ]);
    expect(second.nextBefore).toBeUndefined();
  });

  it("goes on where it was, and cuts what was being written when it was killed", async () => {
    journal = await JournalUnderTest.start();
    journal.monitor.observe(stateChanged("digits", 1n));
    const before = await journal.find();
    const [segment = ""] = await journal.files(/jsonl$/);
    await journal.monitor[Symbol.asyncDispose]();
    await appendFile(join(journal.folder, segment), '{"id": 3, "at": "2026-01-01T00:00');
    await journal.restart();
    const after = await journal.find();
    expect(after.slice(1)).toEqual(before);
    expect(after.map(({ id }) => id)).toEqual([3, 2, 1]);
    for (const line of (await readFile(join(journal.folder, segment), "utf8")).trimEnd().split("\n")) JSON.parse(line);
  });

  it("passes over what a disk has lost", async () => {
    journal = await JournalUnderTest.start();
    for (let version = 1n; version <= 3n; version++) journal.monitor.observe(stateChanged("digits", version));
    await journal.find();
    const [segment = ""] = await journal.files(/jsonl$/);
    const path = join(journal.folder, segment);
    await journal.monitor[Symbol.asyncDispose]();
    const lines = (await readFile(path, "utf8")).split("\n");
    await writeFile(path, [lines[0], "\0".repeat(40), "{}", ...lines.slice(2), "\0\0\0\n"].join("\n"));
    await journal.restart();
    expect((await journal.find()).map(({ id }) => id)).toEqual([5, 4, 3, 1]);
  });

  it("stays within its size, the oldest going first", async () => {
    journal = await JournalUnderTest.start({ maxBytes: 1_048_576 });
    const long = new PlinthError("MODEL_FILE_INVALID", "x".repeat(8_000));
    for (let version = 1n; version <= 400n; version++) {
      journal.monitor.observe(stateChanged("digits", version, long));
      if (version % 10n === 0n) await journal.monitor.find({ limit: 1 });
    }
    const sizes = await Promise.all(
      (await journal.files(/jsonl$/)).map(async (name) => (await readFile(join(journal.folder, name))).length),
    );
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(1_048_576 * 1.2);
    expect(sizes.length).toBeGreaterThan(4);
    const kept = await journal.find();
    expect(kept[0]?.version).toBe("400");
    expect(kept.at(-1)?.id).toBeGreaterThan(200);
  });

  it("forgets what is too old", async () => {
    journal = await JournalUnderTest.start({ maxBytes: 1_048_576, maxAgeMs: 60_000 });
    const long = new PlinthError("MODEL_FILE_INVALID", "x".repeat(8_000));
    for (let version = 1n; version <= 30n; version++) {
      const event = { ...stateChanged("digits", version, long), atMs: Date.now() - 3_600_000 } as ServerEvent;
      journal.monitor.observe(event);
      await journal.monitor.find({ limit: 1 });
    }
    journal.monitor.observe(stateChanged("digits", 31n, long));
    await vi.waitFor(async () => expect((await journal.find()).length).toBeLessThan(20), { timeout: 5_000 });
    expect((await journal.find())[0]?.version).toBe("31");
  });

  it("tells of few failed requests a second one by one, and of the others how many", async () => {
    journal = await JournalUnderTest.start({ failures: { maxPerSecond: 5 } });
    const error = new PlinthError("REQUEST_INVALID", "not JSON");
    for (let request = 0; request < 1_000; request++) journal.monitor.observe(finished({ error }));
    await vi.waitFor(
      async () => expect(await journal.messages()).toContainEqual(expect.stringContaining("more requests failed")),
      {
        timeout: 5_000,
      },
    );
    const entries = await journal.find({ kind: "failure" });
    const surplus = entries.filter(({ details }) => details?.reasons !== undefined);
    const counted = surplus.map(({ details }) => Number(Object(details?.reasons).REQUEST_INVALID ?? 0));
    expect(entries.length - surplus.length + counted.reduce((sum, count) => sum + count, 0)).toBe(1_000);
    expect(entries.length).toBeLessThan(20);
  });

  it("finds one entry, and not one that there never was", async () => {
    journal = await JournalUnderTest.start();
    for (let version = 1n; version <= 3n; version++) journal.monitor.observe(stateChanged("digits", version));
    expect(await journal.monitor.entry(3)).toMatchObject({ id: 3, version: "2" });
    for (const id of [5, 1_000]) expect(await journal.monitor.entry(id)).toBeUndefined();
  });

  it("reads large segments in parts, whatever their lines are like", async () => {
    journal = await JournalUnderTest.start({ maxBytes: 64 * 1_048_576 });
    const sizes = [10, 8_000, 100, 7_000];
    for (let version = 1n; version <= 400n; version++) {
      const error = new PlinthError("MODEL_FILE_INVALID", "ü".repeat(sizes[Number(version % 4n)] ?? 0));
      journal.monitor.observe(stateChanged("digits", version, error));
    }
    const ids = (await journal.find()).map(({ id }) => id);
    expect(ids).toEqual(Array.from({ length: 401 }, (_, index) => 401 - index));
  });

  it("tells how much happened when, and what most often, those counted that were not written one by one", async () => {
    journal = await JournalUnderTest.start({ failures: { maxPerSecond: 5 } });
    const error = new PlinthError("INPUT_MISSING", "no x");
    for (let request = 0; request < 100; request++) journal.monitor.observe(finished({ error }));
    journal.monitor.observe(stateChanged("digits", 2n, DAMAGED));
    journal.monitor.observe(stateChanged("digits", 3n));
    const nowMs = Date.now();
    const range = { sinceMs: nowMs - 60_000, untilMs: nowMs + 60_000, steps: 2 };
    await vi.waitFor(async () => expect((await journal.monitor.summarise({ level: "warn" }, range)).total).toBe(101), {
      timeout: 5_000,
    });
    const { groups, steps } = await journal.monitor.summarise({ level: "warn" }, range);
    expect(steps.reduce((sum, { warn, error: errors }) => sum + warn + errors, 0)).toBe(101);
    const told = groups.map(({ reason, model, version, level }) => [reason, model, version, level]);
    expect(told).toContainEqual(["INPUT_MISSING", "digits", "2", "warn"]);
    expect(told).toContainEqual(["INPUT_MISSING", undefined, undefined, "warn"]);
    expect(groups.at(-1)).toMatchObject({ reason: "MODEL_FILE_INVALID", count: 1, level: "error" });
    const one = await journal.monitor.summarise({ reason: "INPUT_MISSING", kind: "failure" }, range);
    expect([one.total, one.groups.length]).toEqual([100, 2]);
    expect((await journal.monitor.summarise({}, { ...range, untilMs: nowMs - 30_000 })).groups).toEqual([]);
  });

  it("needs no folder in memory, is as bounded there, and goes on with larger numbers after a new start", async () => {
    const monitor = JournalUnderTest.monitorIn("/nowhere", { keep: "memory", maxBytes: 1_048_576 });
    await monitor.start();
    const long = new PlinthError("MODEL_FILE_INVALID", "x".repeat(8_000));
    for (let version = 1n; version <= 400n; version++) monitor.observe(stateChanged("digits", version, long));
    const { items } = await monitor.find({ limit: 1_000 });
    expect(items[0]?.version).toBe("400");
    expect(items.length).toBeGreaterThan(30);
    expect(JSON.stringify(items).length).toBeLessThan(1_100_000);
    await monitor[Symbol.asyncDispose]();
    const next = JournalUnderTest.monitorIn("/nowhere", { keep: "memory" });
    await next.start();
    expect((await next.find({ limit: 1 })).items[0]?.id).toBeGreaterThan(items[0]?.id ?? 0);
    await next[Symbol.asyncDispose]();
  });

  it("wants to hear of what goes well only where it samples it", () => {
    const ignores = (options: object) => JournalUnderTest.monitorIn("/nowhere", options).ignoresSuccess;
    expect(ignores({})).toBe(true);
    expect(ignores({ failures: { inputs: true } })).toBe(true);
    expect(ignores({ requests: { share: 0.1 } })).toBe(false);
    expect(ignores({ requests: { models: { digits: 0.1 } } })).toBe(false);
  });

  it("has each new entry told", async () => {
    journal = await JournalUnderTest.start();
    const heard: JournalEntry[] = [];
    {
      using _listening = journal.monitor.listen((entry) => heard.push(entry));
      journal.monitor.observe(stateChanged("digits", 1n));
    }
    journal.monitor.observe(stateChanged("digits", 2n));
    expect(heard.map(({ version }) => version)).toEqual(["1"]);
  });
});
