import { expect } from "vitest";
import { abortedCases } from "../traits/aborted.js";
import { abortingCases } from "../traits/aborting.js";
import { disposedCases } from "../traits/disposed.js";
import { disposingCases } from "../traits/disposing.js";
import { expectReason, rejectionOf } from "../traits/rejection.js";
import { smallVersion, textFile, textsOf } from "./sample-files.js";
import { soon } from "./storage-expectations.js";
import { storageMethods } from "./storage-methods.js";
import type { StorageCase } from "./storage-under-test.js";

export const lifetimeCases: readonly StorageCase[] = [
  ...[
    ...abortedCases(storageMethods),
    ...abortingCases(storageMethods),
    ...disposingCases(storageMethods, "STORAGE_CLOSED"),
    ...disposedCases(storageMethods, "STORAGE_CLOSED"),
  ].map(({ name, run }): StorageCase => ({ name, run: ({ storage }) => run(storage) })),
  {
    name: "start rejects with an AbortError where its signal has aborted before",
    unstarted: true,
    async run({ storage }) {
      const thrown = await rejectionOf(storage.start({ signal: AbortSignal.abort() }));
      expect(thrown).toMatchObject({ name: "AbortError" });
    },
  },
  {
    name: "can be disposed without having been started",
    unstarted: true,
    async run({ storage }) {
      await storage[Symbol.asyncDispose]();
    },
  },
  {
    name: "can be disposed twice, also at once",
    async run({ storage }) {
      await Promise.all([storage[Symbol.asyncDispose](), storage[Symbol.asyncDispose]()]);
      await storage[Symbol.asyncDispose]();
    },
  },
  {
    name: "watch throws STORAGE_CLOSED after disposal",
    needs: ["watch"],
    async run({ storage }) {
      await storage[Symbol.asyncDispose]();
      await expectReason((async () => storage.watch?.(() => {}))(), "STORAGE_CLOSED");
    },
  },
  {
    name: "ends a publish that hangs when it is disposed, and keeps nothing of it",
    async run(context) {
      const { storage, subject, signal } = context;
      let begun = () => {};
      const hanging = new Promise<void>((resolve) => {
        begun = resolve;
      });
      async function* content() {
        yield Buffer.from("first half");
        begun();
        await new Promise(() => {});
      }
      const rejection = rejectionOf(storage.publish("m", 1n, [{ path: "a", content: content() }], { signal }));
      await soon(context, "the publish asks for the second half", hanging);
      await soon(context, "disposal is done", storage[Symbol.asyncDispose]());
      expect(await soon(context, "the publish rejects", rejection)).toMatchObject({ reason: "STORAGE_CLOSED" });
      if (subject.leftovers) expect(await subject.leftovers()).toEqual([]);
    },
  },
  {
    name: "settles every call that is under way when it is disposed",
    async run(context) {
      const { storage, signal } = context;
      await storage.publish("m", 1n, smallVersion(), { signal });
      const calls = [
        storage.list({ signal }),
        storage.open("m", 1n, { signal }).then((files) => files[Symbol.asyncDispose]()),
        storage.publish("m", 2n, smallVersion(), { signal }),
        storage.remove("m", 1n, { signal }),
        storage.records.put("key", 1, undefined, { signal }),
        storage.records.get("key", { signal }),
      ];
      const settled = Promise.allSettled(calls);
      await soon(context, "disposal is done", storage[Symbol.asyncDispose]());
      const outcomes = await soon(context, "every call is settled", settled);
      for (const outcome of outcomes) {
        if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ reason: "STORAGE_CLOSED" });
      }
    },
  },
  {
    name: "ends a listing of records that is half read when it is disposed",
    async run(context) {
      const { storage, signal } = context;
      for (const key of ["a", "b", "c"]) await storage.records.put(key, key, undefined, { signal });
      const iterator = storage.records.list("", { signal })[Symbol.asyncIterator]();
      await iterator.next();
      await soon(context, "disposal is done", storage[Symbol.asyncDispose]());
      await expectReason(iterator.next(), "STORAGE_CLOSED");
    },
  },
  {
    name: "keeps the files of an open handle readable after it was disposed itself",
    async run({ storage, signal }) {
      await storage.publish("m", 1n, [textFile("a", "text")], { signal });
      const files = await storage.open("m", 1n, { signal });
      await storage[Symbol.asyncDispose]();
      expect(await textsOf(files)).toEqual({ a: "text" });
      await files[Symbol.asyncDispose]();
    },
  },
];
