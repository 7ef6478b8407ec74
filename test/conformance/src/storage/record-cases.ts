import type { JsonValue, ModelStorage } from "@plinth/core";
import { expect } from "vitest";
import { expectReason } from "../traits/rejection.js";
import { listedVersions, recordsOf } from "./storage-expectations.js";
import type { StorageCase, StorageContext } from "./storage-under-test.js";

const INCREMENTS = 50;

export const recordCases: readonly StorageCase[] = [
  {
    name: "has no record where none was written",
    async run({ storage, signal }) {
      expect(await storage.records.get("a/key", { signal })).toBeUndefined();
      expect(await recordsOf(storage, "", signal)).toEqual([]);
    },
  },
  ...jsonValues().map(
    ([what, value]): StorageCase => ({
      name: `gives back ${what}`,
      async run({ storage, signal }) {
        const written = await storage.records.put("a/key", value, undefined, { signal });
        expect(written).toEqual({ key: "a/key", value, revision: expect.any(String) });
        expect(await storage.records.get("a/key", { signal })).toEqual(written);
        expect(await recordsOf(storage, "a/", signal)).toEqual([["a/key", value]]);
      },
    }),
  ),
  {
    name: "keeps a value of its own, whatever callers do to theirs",
    async run({ storage, signal }) {
      const mine = { list: [1, 2] };
      const written = await storage.records.put("key", mine, undefined, { signal });
      mine.list.push(3);
      for (const theirs of [written, await storage.records.get("key", { signal })]) {
        (theirs?.value as unknown as typeof mine | undefined)?.list.push(4);
      }
      expect((await storage.records.get("key", { signal }))?.value).toEqual({ list: [1, 2] });
    },
  },
  {
    name: "replaces a record that is at the expected revision",
    async run({ storage, signal }) {
      const first = await storage.records.put("key", "first", undefined, { signal });
      const second = await storage.records.put("key", "second", first.revision, { signal });
      expect(second.revision).not.toBe(first.revision);
      expect(await storage.records.get("key", { signal })).toEqual(second);
    },
  },
  {
    name: "gives a new revision also where the value stays the same",
    async run({ storage, signal }) {
      const first = await storage.records.put("key", "same", undefined, { signal });
      const second = await storage.records.put("key", "same", first.revision, { signal });
      expect(second.revision).not.toBe(first.revision);
    },
  },
  {
    name: "refuses to write over another revision with RECORD_CONFLICT",
    async run({ storage, signal }) {
      const first = await storage.records.put("key", "first", undefined, { signal });
      await expectReason(storage.records.put("key", "new", undefined, { signal }), "RECORD_CONFLICT");
      const second = await storage.records.put("key", "second", first.revision, { signal });
      await expectReason(storage.records.put("key", "late", first.revision, { signal }), "RECORD_CONFLICT");
      await expectReason(storage.records.put("missing", "new", first.revision, { signal }), "RECORD_CONFLICT");
      expect(await storage.records.get("key", { signal })).toEqual(second);
      expect(await storage.records.get("missing", { signal })).toBeUndefined();
    },
  },
  {
    name: "deletes a record that is at the expected revision, and no other",
    async run({ storage, signal }) {
      const first = await storage.records.put("key", "first", undefined, { signal });
      const second = await storage.records.put("key", "second", first.revision, { signal });
      await expectReason(storage.records.delete("key", first.revision, { signal }), "RECORD_CONFLICT");
      expect(await storage.records.get("key", { signal })).toEqual(second);
      await storage.records.delete("key", second.revision, { signal });
      expect(await storage.records.get("key", { signal })).toBeUndefined();
      await expectReason(storage.records.delete("key", second.revision, { signal }), "RECORD_CONFLICT");
    },
  },
  {
    name: "does not take a revision from before a record was deleted and made again",
    async run({ storage, signal }) {
      const before = await storage.records.put("key", "same", undefined, { signal });
      await storage.records.delete("key", before.revision, { signal });
      const after = await storage.records.put("key", "same", undefined, { signal });
      expect(after.revision).not.toBe(before.revision);
      await expectReason(storage.records.put("key", "late", before.revision, { signal }), "RECORD_CONFLICT");
    },
  },
  {
    name: `loses none of ${INCREMENTS} increments that are made at once`,
    async run(context) {
      const { storage, signal } = context;
      await storage.records.put("counter", 0, undefined, { signal });
      await Promise.all(Array.from({ length: INCREMENTS }, () => increment(context)));
      expect((await storage.records.get("counter", { signal }))?.value).toBe(INCREMENTS);
    },
  },
  {
    name: "lets exactly one of several win that make the same record at once",
    async run({ storage, signal }) {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 20 }, (_, turn) => storage.records.put("key", turn, undefined, { signal })),
      );
      const winners = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
      expect(winners).toHaveLength(1);
      expect(await storage.records.get("key", { signal })).toEqual(winners[0]);
    },
  },
  {
    name: "lets exactly one of several win that delete the same record at once",
    async run({ storage, signal }) {
      const { revision } = await storage.records.put("key", 1, undefined, { signal });
      const outcomes = await Promise.allSettled(
        Array.from({ length: 20 }, () => storage.records.delete("key", revision, { signal })),
      );
      const reasons = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason.reason] : []));
      expect(reasons).toEqual(Array(19).fill("RECORD_CONFLICT"));
      expect(await storage.records.get("key", { signal })).toBeUndefined();
    },
  },
  {
    name: "lists each record once, in order and whole, while others write",
    async run({ storage, signal }) {
      const keys = Array.from({ length: 300 }, (_, index) => `many/${String(index).padStart(3, "0")}`);
      await Promise.all(keys.map((key) => storage.records.put(key, [key, "before"], undefined, { signal })));
      const listed: string[] = [];
      for await (const { key, value } of storage.records.list("many/", { signal })) {
        listed.push(key);
        expect(value).toEqual([key, expect.stringMatching(/^before$|^after$/)]);
        const turn = listed.length;
        const other = keys[(turn * 7) % keys.length] ?? key;
        if (turn % 10 === 0) await overwrite(storage, other, [other, "after"], signal);
      }
      expect(listed).toEqual(keys);
    },
  },
  {
    name: "lists records by prefix in the order of the bytes of their keys",
    async run({ storage, signal }) {
      const inOrder = ["B", "a", "a-b", "a.b", "a/b", "a/b/c", "a/c", "a0", "aA", "a_b", "aa", "a~b", "b"];
      for (const key of [...inOrder].reverse()) await storage.records.put(key, key, undefined, { signal });
      const listed = async (prefix: string) => (await recordsOf(storage, prefix, signal)).map(([key]) => key);
      expect(await listed("")).toEqual(inOrder);
      expect(await listed("a")).toEqual(inOrder.slice(1, -1));
      expect(await listed("a/")).toEqual(["a/b", "a/b/c", "a/c"]);
      expect(await listed("a~")).toEqual(["a~b"]);
      expect(await listed("c")).toEqual([]);
    },
  },
  {
    name: "lists more records than one would read in a single step",
    async run({ storage, signal }) {
      const keys = Array.from({ length: 1_200 }, (_, index) => `many/${String(index).padStart(4, "0")}`);
      await Promise.all(keys.map((key) => storage.records.put(key, null, undefined, { signal })));
      expect((await recordsOf(storage, "many/", signal)).map(([key]) => key)).toEqual(keys);
    },
  },
  {
    name: "keeps records apart from models",
    async run(context) {
      await context.storage.records.put("m/1", "record", undefined, { signal: context.signal });
      expect(await listedVersions(context)).toEqual({});
    },
  },
];

function jsonValues(): readonly (readonly [string, JsonValue])[] {
  return [
    ["null", null],
    ["false", false],
    ["an empty text", ""],
    ["numbers as exact as JavaScript's", [0, 1.5, -1e-7, 2 ** 53 - 1, Number.MAX_VALUE, 5e-324]],
    ["text beyond ASCII", 'Größe "数字" 𝄞 \u0000 \u2028'],
    ["nested values", { a: [{ b: [[], {}, [null, { c: "d" }]] }], "": 0, "a.b": 1 }],
    ["a key named __proto__", JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}') as JsonValue],
    ["a value of 1 MB", Array.from({ length: 1_000 }, (_, index) => String(index).padStart(1_000, "x"))],
  ];
}

async function overwrite(storage: ModelStorage, key: string, value: JsonValue, signal: AbortSignal): Promise<void> {
  const record = await storage.records.get(key, { signal });
  await storage.records.put(key, value, record?.revision, { signal });
}

async function increment({ storage, signal }: StorageContext): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const record = await storage.records.get("counter", { signal });
    try {
      await storage.records.put("counter", Number(record?.value) + 1, record?.revision, { signal });
      return;
    } catch (thrown) {
      const conflict = (thrown as { reason?: unknown }).reason === "RECORD_CONFLICT";
      // Each conflict means that another of them has succeeded.
      if (!conflict || attempt === INCREMENTS) throw thrown;
    }
  }
}
