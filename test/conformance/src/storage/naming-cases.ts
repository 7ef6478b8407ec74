import { expect } from "vitest";
import { hostileNameCases } from "../traits/hostile-names.js";
import { expectReason } from "../traits/rejection.js";
import { firstRecord, keyNamingMethods, modelNamingMethods } from "./storage-methods.js";
import type { StorageCase } from "./storage-under-test.js";

const MODEL_NAMES: ReadonlyMap<string, string> = new Map([
  ["an empty model name", ""],
  ["a dot as model name", "."],
  ["two dots as model name", ".."],
  ["a model name with a leading dot", ".plinth"],
  ["a model name with a slash", "a/b"],
  ["a model name that climbs", "../a"],
  ["an absolute model name", "/a"],
  ["a model name with a backslash", "a\\b"],
  ["a model name with a colon", "c:"],
  ["a model name with a NUL", "a\0"],
  ["a model name with a line break", "a\nb"],
  ["a model name with a DEL", "a\u007f"],
  ["a model name with a lone surrogate", "\udc00"],
  ["a model name with half of a pair at its end", "a\ud834"],
  ["a model name of 256 bytes", "é".repeat(128)],
  ["a model name of a million letters", "m".repeat(1_000_000)],
]);

const RECORD_KEYS: ReadonlyMap<string, string> = new Map([
  ["an empty key", ""],
  ["a dot as key", "."],
  ["a key that climbs", "a/../../b"],
  ["an absolute key", "/a"],
  ["a key with an empty segment", "a//b"],
  ["a key with a trailing slash", "a/"],
  ["a key with a dot segment", "a/./b"],
  ["a key with a space", "a b"],
  ["a key with a backslash", "a\\b"],
  ["a key with a NUL", "a\0"],
  ["a key with a line break at its end", "a\n"],
  ["a key beyond ASCII", "é"],
  ["a key with a lone surrogate", "\ud800"],
  ["a key of 513 bytes", "a".repeat(513)],
  ["a key of a million letters", "k".repeat(1_000_000)],
]);

export const namingCases: readonly StorageCase[] = [
  ...[
    ...hostileNameCases(modelNamingMethods, MODEL_NAMES, "MODEL_NAME_INVALID"),
    ...hostileNameCases(keyNamingMethods, RECORD_KEYS, "FILES_INVALID"),
  ].map(({ name, run }): StorageCase => ({ name, run: ({ storage }) => run(storage) })),
  {
    name: "records.list refuses prefixes with which no key begins",
    async run({ storage, signal }) {
      for (const prefix of ["a b", "a\\", "\0", "é", "a".repeat(513)]) {
        await expectReason(firstRecord(storage, prefix, signal), "FILES_INVALID");
      }
    },
  },
  {
    name: "takes record keys of every allowed byte, and of 512 of them",
    async run({ storage, signal }) {
      for (const key of ["AZaz09._~/-", "a/.b/..c/d..", "k".repeat(512), "__proto__", "constructor/prototype"]) {
        const { revision } = await storage.records.put(key, key, undefined, { signal });
        expect(await storage.records.get(key, { signal })).toEqual({ key, value: key, revision });
      }
    },
  },
];
