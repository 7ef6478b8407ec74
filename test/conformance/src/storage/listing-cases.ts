import { expect } from "vitest";
import { readVersion, smallVersion, textFile } from "./sample-files.js";
import { fingerprintOf, listedVersions } from "./storage-expectations.js";
import type { StorageCase } from "./storage-under-test.js";

export const listingCases: readonly StorageCase[] = [
  {
    name: "lists no model of an empty store",
    async run({ storage, signal }) {
      expect(await storage.list({ signal })).toEqual([]);
    },
  },
  {
    name: "lists every version of every model, each once",
    async run(context) {
      const { storage, signal } = context;
      await storage.publish("first", 1n, smallVersion(), { signal });
      await storage.publish("first", 20n, smallVersion(), { signal });
      await storage.publish("first", 3n, smallVersion(), { signal });
      await storage.publish("second", 1n, smallVersion(), { signal });
      expect(await listedVersions(context)).toEqual({ first: [1n, 3n, 20n], second: [1n] });
      expect((await storage.list({ signal })).map(({ model }) => model).sort()).toEqual(["first", "second"]);
    },
  },
  {
    name: "keeps model names as they are, also with spaces and beyond ASCII",
    async run(context) {
      const names = ["two words", "Größe", "数字", "café-e\u0301", "model", "Model-2", "a".repeat(255)];
      for (const name of names) {
        await context.storage.publish(name, 1n, smallVersion(), { signal: context.signal });
      }
      expect(Object.keys(await listedVersions(context)).sort()).toEqual([...names].sort());
    },
  },
  {
    name: "keeps models apart whose names differ in case or normalisation only, or refuses the second",
    async run(context) {
      const { storage, signal } = context;
      for (const [first, second] of [
        ["caf\u00e9", "cafe\u0301"],
        ["model", "MODEL"],
        ["\u212b", "\u00c5"],
      ] as const) {
        await storage.publish(first, 1n, smallVersion("first"), { signal });
        const kept = await storage.publish(second, 1n, smallVersion("second"), { signal }).then(
          () => true,
          () => false,
        );
        expect(await readVersion(context, first, 1n)).toMatchObject({ "model.txt": "first" });
        if (kept) expect(await readVersion(context, second, 1n)).toMatchObject({ "model.txt": "second" });
        expect(Object.keys(await listedVersions(context)).sort()).toEqual((kept ? [first, second] : [first]).sort());
        await storage.remove(first, 1n, { signal });
        if (kept) await storage.remove(second, 1n, { signal });
      }
    },
  },
  {
    name: "keeps models whose names mean something elsewhere",
    async run(context) {
      const names = [
        "__proto__",
        "constructor",
        "toString",
        "CON",
        "records",
        "published",
        "-rf",
        "~",
        "%2e%2e%2f",
        "a?b#c",
        "*",
        `a&b<c>"d'`,
        "trailing.",
        " spaces ",
        "\ufffe",
      ];
      for (const name of names) {
        await context.storage.publish(name, 1n, [textFile("a", name)], { signal: context.signal });
      }
      expect((await context.storage.list({ signal: context.signal })).map(({ model }) => model).sort()).toEqual(
        [...names].sort(),
      );
      for (const name of names) expect(await readVersion(context, name, 1n)).toEqual({ a: name });
    },
  },
  {
    name: "keeps neighbouring versions apart that are past what a JavaScript number holds",
    async run(context) {
      const { storage, signal } = context;
      const versions = [0n, 1n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 2n, 2n ** 63n - 1n];
      for (const version of versions) await storage.publish("m", version, smallVersion(`${version}`), { signal });
      expect(await listedVersions(context)).toEqual({ m: versions });
    },
  },
  {
    name: "keeps a version's fingerprint while nothing changes",
    async run(context) {
      const { storage, signal } = context;
      const published = await storage.publish("m", 1n, smallVersion(), { signal });
      expect(await fingerprintOf(context, "m", 1n)).toBe(published.fingerprint);
      await storage.publish("m", 2n, smallVersion(), { signal });
      expect(await fingerprintOf(context, "m", 1n)).toBe(published.fingerprint);
    },
  },
  {
    name: "gives a version another fingerprint when its content is another, also of the same size",
    async run(context) {
      const { storage, signal } = context;
      const before = await storage.publish("m", 1n, [textFile("model.txt", "before")], { signal });
      await storage.remove("m", 1n, { signal });
      const after = await storage.publish("m", 1n, [textFile("model.txt", "after!")], { signal });
      expect(after.fingerprint).not.toBe(before.fingerprint);
      expect(await fingerprintOf(context, "m", 1n)).toBe(after.fingerprint);
    },
  },
];
