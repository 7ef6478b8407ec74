import { stat } from "node:fs/promises";
import { isAbsolute } from "node:path";
import { MAX_MODEL_VERSION } from "@plinth/core";
import { expect } from "vitest";
import { expectReason } from "../traits/rejection.js";
import { filesBelow, readVersion, smallVersion, textFile, textsOf } from "./sample-files.js";
import { listedVersions } from "./storage-expectations.js";
import type { StorageCase } from "./storage-under-test.js";

export const openingCases: readonly StorageCase[] = [
  {
    name: "opens an absolute folder with exactly the version's files, sorted, with their sizes",
    async run({ storage, signal }) {
      const paths = ["b", "a/z", "a-c", "B", "a/a/a"];
      await storage.publish(
        "m",
        1n,
        paths.map((path) => textFile(path, path)),
        { signal },
      );
      const files = await storage.open("m", 1n, { signal });
      const sorted = [...paths].sort();
      expect(isAbsolute(files.directory)).toBe(true);
      expect((await stat(files.directory)).isDirectory()).toBe(true);
      expect(files.files.map(({ path, bytes }) => [path, bytes])).toEqual(sorted.map((path) => [path, path.length]));
      expect(await filesBelow(files.directory)).toEqual(sorted);
      await files[Symbol.asyncDispose]();
    },
  },
  ...[
    { what: "an unknown model", model: "unknown", version: 1n },
    { what: "an unknown version of a known model", model: "known", version: 2n },
    { what: "a version below 0", model: "known", version: -1n },
    { what: "a version past 2^63 - 1", model: "known", version: MAX_MODEL_VERSION + 1n },
  ].flatMap(({ what, model, version }): StorageCase[] => [
    {
      name: `open of ${what} rejects with VERSION_NOT_FOUND`,
      async run({ storage, signal }) {
        await storage.publish("known", 1n, smallVersion(), { signal });
        await expectReason(storage.open(model, version, { signal }), "VERSION_NOT_FOUND");
      },
    },
    {
      name: `remove of ${what} rejects with VERSION_NOT_FOUND and removes nothing`,
      async run(context) {
        const { storage, signal } = context;
        await storage.publish("known", 1n, smallVersion(), { signal });
        await expectReason(storage.remove(model, version, { signal }), "VERSION_NOT_FOUND");
        expect(await listedVersions(context)).toEqual({ known: [1n] });
      },
    },
  ]),
  {
    name: "keeps files readable for one handle after another was disposed, also twice",
    async run({ storage, signal }) {
      await storage.publish("m", 1n, [textFile("a", "text")], { signal });
      const [first, second, third] = await Promise.all([1, 2, 3].map(() => storage.open("m", 1n, { signal })));
      await first?.[Symbol.asyncDispose]();
      await first?.[Symbol.asyncDispose]();
      await second?.[Symbol.asyncDispose]();
      await storage.remove("m", 1n, { signal });
      expect(third && (await textsOf(third))).toEqual({ a: "text" });
      await third?.[Symbol.asyncDispose]();
    },
  },
  {
    name: "opens a version again after its last handle was disposed",
    async run(context) {
      await context.storage.publish("m", 1n, [textFile("a", "text")], { signal: context.signal });
      for (let turn = 0; turn < 3; turn++) expect(await readVersion(context, "m", 1n)).toEqual({ a: "text" });
    },
  },
  {
    name: "opens a version while its last handle is being disposed",
    async run({ storage, signal }) {
      await storage.publish("m", 1n, [textFile("a", "text")], { signal });
      const last = await storage.open("m", 1n, { signal });
      const closed = last[Symbol.asyncDispose]();
      const files = await storage.open("m", 1n, { signal });
      await closed;
      expect(await textsOf(files)).toEqual({ a: "text" });
      await files[Symbol.asyncDispose]();
    },
  },
  {
    name: "remove takes away that version only",
    async run(context) {
      const { storage, signal } = context;
      for (const version of [1n, 2n, 3n]) await storage.publish("m", version, smallVersion(`${version}`), { signal });
      await storage.publish("other", 2n, smallVersion(), { signal });
      await storage.remove("m", 2n, { signal });
      expect(await listedVersions(context)).toEqual({ m: [1n, 3n], other: [2n] });
      await expectReason(storage.open("m", 2n, { signal }), "VERSION_NOT_FOUND");
      await expectReason(storage.remove("m", 2n, { signal }), "VERSION_NOT_FOUND");
      expect(await readVersion(context, "m", 3n)).toMatchObject({ "model.txt": "3" });
    },
  },
  {
    name: "keeps the files of an open handle readable after the version was removed",
    async run({ storage, subject, signal }) {
      await storage.publish("m", 1n, [textFile("a/b", "text")], { signal });
      const files = await storage.open("m", 1n, { signal });
      await storage.remove("m", 1n, { signal });
      expect(await textsOf(files)).toEqual({ "a/b": "text" });
      await files[Symbol.asyncDispose]();
      if (subject.leftovers) expect(await subject.leftovers()).toEqual([]);
    },
  },
  {
    name: "keeps old and new content apart when a version is published again while the old one is open",
    async run(context) {
      const { storage, signal } = context;
      await storage.publish("m", 1n, [textFile("a", "old")], { signal });
      const old = await storage.open("m", 1n, { signal });
      await storage.remove("m", 1n, { signal });
      await storage.publish("m", 1n, [textFile("a", "new")], { signal });
      expect(await readVersion(context, "m", 1n)).toEqual({ a: "new" });
      expect(await textsOf(old)).toEqual({ a: "old" });
      await old[Symbol.asyncDispose]();
      expect(await readVersion(context, "m", 1n)).toEqual({ a: "new" });
    },
  },
  {
    name: "gives those who read contents either these or a folder, also after the version was removed",
    async run({ storage, signal }) {
      const texts = { "a/b": "nested", c: "plain", empty: "" };
      const published = Object.entries(texts).map(([path, text]) => textFile(path, text));
      await storage.publish("m", 1n, published, { signal });
      const files = await storage.open("m", 1n, { signal, contents: true });
      expect(await textsOf(files)).toEqual(texts);
      expect(files.files.map(({ path, bytes }) => [path, bytes])).toEqual([
        ["a/b", 6],
        ["c", 5],
        ["empty", 0],
      ]);
      await storage.remove("m", 1n, { signal });
      expect(await textsOf(files)).toEqual(texts);
      await files[Symbol.asyncDispose]();
    },
  },
  {
    name: "gives contents in place of a folder, which it then does not have, and a folder to others",
    needs: ["givesContents"],
    async run({ storage, subject, signal }) {
      await storage.publish("m", 1n, [textFile("a", "text")], { signal });
      const inMemory = await storage.open("m", 1n, { signal, contents: true });
      expect([...(inMemory.contents?.keys() ?? [])]).toEqual(["a"]);
      expect(() => inMemory.directory).toThrow();
      if (subject.leftovers) expect(await subject.leftovers()).toEqual([]);
      const inFolder = await storage.open("m", 1n, { signal });
      expect(inFolder.contents).toBeUndefined();
      expect(await textsOf(inFolder)).toEqual({ a: "text" });
      await inMemory[Symbol.asyncDispose]();
      await inFolder[Symbol.asyncDispose]();
    },
  },
  {
    name: "lists and opens where it is started to read only",
    needs: ["reopen"],
    async run(context) {
      const { storage, subject, signal } = context;
      await storage.publish("m", 1n, [textFile("a", "text")], { signal });
      await storage[Symbol.asyncDispose]();
      const reader = subject.reopen?.();
      if (reader === undefined) return;
      try {
        await reader.start({ signal, readOnly: true });
        expect(await listedVersions({ ...context, storage: reader })).toEqual({ m: [1n] });
        expect(await readVersion({ ...context, storage: reader }, "m", 1n)).toEqual({ a: "text" });
      } finally {
        await reader[Symbol.asyncDispose]();
      }
    },
  },
  {
    name: "gives versions and records back to a storage that is opened over the same store",
    needs: ["reopen"],
    async run(context) {
      const { storage, subject, signal } = context;
      await storage.publish("m", 1n, [textFile("a", "text")], { signal });
      const record = await storage.records.put("kept/record", { kept: true }, undefined, { signal });
      await storage[Symbol.asyncDispose]();
      const reopened = subject.reopen?.();
      if (reopened === undefined) return;
      try {
        await reopened.start({ signal });
        expect(await listedVersions({ ...context, storage: reopened })).toEqual({ m: [1n] });
        expect(await readVersion({ ...context, storage: reopened }, "m", 1n)).toEqual({ a: "text" });
        expect(await reopened.records.get("kept/record", { signal })).toEqual(record);
        await reopened.records.put("kept/record", 2, record.revision, { signal });
      } finally {
        await reopened[Symbol.asyncDispose]();
      }
    },
  },
];
