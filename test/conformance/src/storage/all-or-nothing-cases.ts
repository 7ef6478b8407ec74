import type { IncomingFile } from "@plinth/core";
import { expect } from "vitest";
import { expectReason, rejectionOf } from "../traits/rejection.js";
import { smallVersion, textFile } from "./sample-files.js";
import { expectNothingPublished, listedVersions, soon } from "./storage-expectations.js";
import type { StorageCase } from "./storage-under-test.js";

const FAILURE = new Error("the source failed");

export const allOrNothingCases: readonly StorageCase[] = [
  {
    name: "does not list a version whose files are still coming",
    async run(context) {
      const { storage, signal } = context;
      const listed: unknown[] = [];
      async function* files() {
        yield textFile("a", "whole");
        listed.push(await listedVersions(context));
        yield { path: "b", content: content() };
        listed.push(await listedVersions(context));
      }
      async function* content() {
        yield Buffer.from("first half");
        listed.push(await listedVersions(context));
        yield Buffer.from("second half");
      }
      await storage.publish("m", 1n, files(), { signal });
      expect(listed).toEqual([{}, {}, {}]);
      expect(await listedVersions(context)).toEqual({ m: [1n] });
    },
  },
  {
    name: "passes on what the source throws between two files, and keeps nothing",
    async run(context) {
      const { storage, signal } = context;
      async function* files() {
        yield textFile("a", "whole");
        throw FAILURE;
      }
      expect(await rejectionOf(storage.publish("m", 1n, files(), { signal }))).toBe(FAILURE);
      await expectNothingPublished(context);
    },
  },
  {
    name: "passes on what the source throws in the middle of a file, and keeps nothing",
    async run(context) {
      const { storage, signal } = context;
      async function* content() {
        yield Buffer.from("first half");
        throw FAILURE;
      }
      const files = [textFile("a", "whole"), { path: "b", content: content() }];
      expect(await rejectionOf(storage.publish("m", 1n, files, { signal }))).toBe(FAILURE);
      await expectNothingPublished(context);
    },
  },
  {
    name: "refuses a wrong checksum with FILES_INVALID, and keeps nothing",
    async run(context) {
      const { storage, signal } = context;
      const files = [textFile("a", "right"), { ...textFile("b", "damaged"), sha256: "0".repeat(64) }];
      await expectReason(storage.publish("m", 1n, files, { signal }), "FILES_INVALID");
      await expectNothingPublished(context);
    },
  },
  {
    name: "stops when its signal aborts in the middle of a file, and keeps nothing",
    async run(context) {
      const controller = new AbortController();
      async function* content() {
        yield Buffer.from("first half");
        controller.abort();
        yield Buffer.from("second half");
      }
      const publishing = context.storage.publish("m", 1n, [{ path: "a", content: content() }], {
        signal: controller.signal,
      });
      expect(await rejectionOf(publishing)).toMatchObject({ name: "AbortError" });
      await expectNothingPublished(context);
    },
  },
  {
    name: "stops when its signal aborts while the source hangs, and keeps nothing",
    async run(context) {
      const controller = new AbortController();
      async function* content() {
        yield Buffer.from("first half");
        setImmediate(() => controller.abort());
        await new Promise(() => {});
      }
      const publishing = context.storage.publish("m", 1n, [{ path: "a", content: content() }], {
        signal: controller.signal,
      });
      const stopped = soon(context, "an aborted publish rejects", rejectionOf(publishing));
      expect(await stopped).toMatchObject({ name: "AbortError" });
      await expectNothingPublished(context);
    },
  },
  {
    name: "lets the source tidy up when it stops early",
    async run({ storage, signal }) {
      let tidied = false;
      async function* files(): AsyncGenerator<IncomingFile> {
        try {
          yield { ...textFile("a", "damaged"), sha256: "0".repeat(64) };
          yield textFile("b", "never asked for");
        } finally {
          tidied = true;
        }
      }
      await expectReason(storage.publish("m", 1n, files(), { signal }), "FILES_INVALID");
      expect(tidied).toBe(true);
    },
  },
  ...refusedFiles("no file at all", []),
  ...refusedFiles("a path that comes twice", [textFile("a/b", "one"), textFile("c", "two"), textFile("a/b", "three")]),
  ...refusedFiles("a path that is a file and then a folder", [textFile("a", "one"), textFile("a/b", "two")]),
  ...refusedFiles("a path that is a folder and then a file", [textFile("a/b/c", "one"), textFile("a/b", "two")]),
  ...[
    "",
    ".",
    "..",
    "/",
    "/absolute",
    "../outside",
    "a/../../outside",
    "a/../b",
    "a/./b",
    "a//b",
    "a/",
    "back\\slash",
    "nul\0byte",
    "line\nbreak",
    "delete\u007f",
    "lone surrogate \ud800",
    "half of a pair \udc00/a",
    "..data/a",
    "...",
    "x".repeat(5_000),
    `${"x/".repeat(2_500)}x`,
  ].flatMap((path) =>
    refusedFiles(`the path ${JSON.stringify(path.length > 40 ? `${path.slice(0, 4)}… of ${path.length}` : path)}`, [
      textFile("fine.txt", "fine"),
      textFile(path, "hostile"),
    ]),
  ),
];

function refusedFiles(what: string, files: readonly IncomingFile[]): readonly StorageCase[] {
  return [
    {
      name: `refuses ${what} with FILES_INVALID, and keeps nothing`,
      async run(context) {
        const { storage, signal } = context;
        await storage.publish("other", 1n, smallVersion(), { signal });
        await expectReason(storage.publish("m", 1n, files, { signal }), "FILES_INVALID");
        await storage.remove("other", 1n, { signal });
        await expectNothingPublished(context);
      },
    },
  ];
}
