import type { IncomingFile } from "@plinth/core";
import { expect } from "vitest";
import { expectReason, rejectionOf } from "../traits/rejection.js";
import { checkedFile, readVersion, textFile } from "./sample-files.js";
import { listedVersions, soon } from "./storage-expectations.js";
import type { StorageCase, StorageContext } from "./storage-under-test.js";

const FAILURE = new Error("the source failed");

/** What may be kept of a publish that broke off, and what may never become of it. */
export const resumingCases: readonly StorageCase[] = [
  {
    name: "shows nothing of a publish that broke off after whole files with checksums",
    async run(context) {
      const { storage, signal } = context;
      await breakOff(context, [checkedFile("a", "whole"), checkedFile("b", "whole as well")]);
      expect(await listedVersions(context)).toEqual({});
      await expectReason(storage.open("m", 1n, { signal }), "VERSION_NOT_FOUND");
      await expectReason(storage.remove("m", 1n, { signal }), "VERSION_NOT_FOUND");
    },
  },
  {
    name: "publishes what is sent the second time and nothing that only the first has sent",
    async run(context) {
      const { storage, signal } = context;
      await breakOff(context, [checkedFile("a", "first"), checkedFile("b", "first"), checkedFile("c/d", "first")]);
      const files = [checkedFile("a", "first"), checkedFile("b", "second"), textFile("c", "a file now")];
      await storage.publish("m", 1n, files, { signal });
      expect(await readVersion(context, "m", 1n)).toEqual({ a: "first", b: "second", c: "a file now" });
    },
  },
  {
    name: "reads a file anew that comes without its checksum",
    async run(context) {
      await breakOff(context, [checkedFile("a", "first")]);
      await context.storage.publish("m", 1n, [textFile("a", "other")], { signal: context.signal });
      expect(await readVersion(context, "m", 1n)).toEqual({ a: "other" });
    },
  },
  {
    name: "does not keep a file whose checksum was wrong",
    async run(context) {
      const { storage, signal } = context;
      const damaged = () => [{ ...checkedFile("a", "right"), content: [Buffer.from("wrong")] }];
      await expectReason(storage.publish("m", 1n, damaged(), { signal }), "FILES_INVALID");
      await expectReason(storage.publish("m", 1n, damaged(), { signal }), "FILES_INVALID");
      await storage.publish("m", 1n, [checkedFile("a", "right")], { signal });
      expect(await readVersion(context, "m", 1n)).toEqual({ a: "right" });
    },
  },
  {
    name: "leaves unread what it holds of a publish that broke off, counts it as stored, and keeps nothing of it then",
    needs: ["resumes"],
    async run(context) {
      const { storage, subject, signal } = context;
      await breakOff(context, [checkedFile("a", "kept"), checkedFile("b/c", "kept too")]);
      const told: number[] = [];
      const files = [unreadable("a", "kept"), unreadable("b/c", "kept too"), checkedFile("d", "new")];
      await storage.publish("m", 1n, files, { signal, onProgress: (bytes) => told.push(bytes) });
      expect(await readVersion(context, "m", 1n)).toEqual({ a: "kept", "b/c": "kept too", d: "new" });
      expect(told.at(-1)).toBe("keptkept toonew".length);
      if (subject.leftovers) expect(await subject.leftovers()).toEqual([]);
    },
  },
  {
    name: "goes on after several publishes that broke off, each a little later",
    needs: ["resumes"],
    async run(context) {
      const { storage, signal } = context;
      await breakOff(context, [checkedFile("a", "1")]);
      await breakOff(context, [unreadable("a", "1"), checkedFile("b", "2")]);
      await breakOff(context, [unreadable("a", "1"), unreadable("b", "2"), checkedFile("c", "3")]);
      await storage.publish("m", 1n, [unreadable("a", "1"), unreadable("b", "2"), unreadable("c", "3")], { signal });
      expect(await readVersion(context, "m", 1n)).toEqual({ a: "1", b: "2", c: "3" });
    },
  },
  {
    name: "knows the SHA-256 of files also where their version was resumed",
    needs: ["resumes"],
    async run(context) {
      const { storage, signal } = context;
      await breakOff(context, [checkedFile("a", "kept")]);
      await storage.publish("m", 1n, [unreadable("a", "kept")], { signal });
      const opened = await storage.open("m", 1n, { signal });
      expect(opened.files).toEqual([{ path: "a", bytes: 4, sha256: checkedFile("a", "kept").sha256 }]);
      await opened[Symbol.asyncDispose]();
    },
  },
  {
    name: "goes on where it was disposed in the middle of a publish",
    needs: ["resumes", "reopen"],
    async run(context) {
      const { storage, subject, signal } = context;
      let begun = () => {};
      const hanging = new Promise<void>((resolve) => {
        begun = resolve;
      });
      async function* files() {
        yield checkedFile("a", "kept");
        begun();
        await new Promise(() => {});
      }
      const rejection = rejectionOf(storage.publish("m", 1n, files(), { signal }));
      await soon(context, "the storage asks for the second file", hanging);
      await storage[Symbol.asyncDispose]();
      await rejection;
      const reopened = subject.reopen?.();
      if (reopened === undefined) return;
      try {
        await reopened.start({ signal });
        expect(await listedVersions({ ...context, storage: reopened })).toEqual({});
        await reopened.publish("m", 1n, [unreadable("a", "kept"), checkedFile("b", "new")], { signal });
        expect(await readVersion({ ...context, storage: reopened }, "m", 1n)).toEqual({ a: "kept", b: "new" });
      } finally {
        await reopened[Symbol.asyncDispose]();
      }
    },
  },
];

/** Has a publish of version 1 of `m` fail when these files are stored. */
async function breakOff({ storage, signal }: StorageContext, files: readonly IncomingFile[]): Promise<void> {
  async function* breaking() {
    yield* files;
    throw FAILURE;
  }
  expect(await rejectionOf(storage.publish("m", 1n, breaking(), { signal }))).toBe(FAILURE);
}

/** A file that the storage must hold already. */
function unreadable(path: string, text: string): IncomingFile {
  // biome-ignore lint/correctness/useYield: it fails when it is read
  async function* content(): AsyncGenerator<Uint8Array> {
    throw new Error(`${path} was read again`);
  }
  return { ...checkedFile(path, text), content: content() };
}
