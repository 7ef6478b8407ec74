import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { IncomingFile } from "@plinth/core";
import { MAX_MODEL_VERSION } from "@plinth/core";
import { expect } from "vitest";
import { expectReason } from "../traits/rejection.js";
import { checkedFile, noise, readVersion, sha256, smallVersion, textFile } from "./sample-files.js";
import { fingerprintOf, listedVersions } from "./storage-expectations.js";
import type { StorageCase } from "./storage-under-test.js";

export const publishingCases: readonly StorageCase[] = [
  {
    name: "gives files back byte for byte: nested, empty, and with names beyond ASCII",
    async run(context) {
      const texts = {
        "a/b/c/d/deep.txt": "deep",
        "empty.bin": "",
        "sparse folder/with spaces.txt": "spaces",
        "äöü/数字 ✓.txt": "unicode",
        ".hidden": "hidden",
      };
      const files = Object.entries(texts).map(([path, text]) => textFile(path, text));
      await context.storage.publish("m", 1n, files, { signal: context.signal });
      expect(await readVersion(context, "m", 1n)).toEqual(texts);
    },
  },
  {
    name: "gives files back whose names mean something elsewhere",
    async run(context) {
      const paths = [
        "__proto__",
        "constructor/prototype",
        ".plinth/records/CURRENT",
        "manifest.json",
        "CON",
        "-rf",
        "~",
        "%2e%2e/%2f",
        "a?b#c",
        "*",
        `a&b<c>"d'`,
        "trailing./ spaces ",
        "\ufffe",
        "x".repeat(255),
      ];
      await context.storage.publish(
        "m",
        1n,
        paths.map((path) => textFile(path, path)),
        { signal: context.signal },
      );
      expect(new Map(Object.entries(await readVersion(context, "m", 1n)))).toEqual(
        new Map(paths.map((path) => [path, path])),
      );
    },
  },
  {
    name: "keeps files apart whose paths differ in case or normalisation only, or refuses them all",
    async run(context) {
      const paths = ["caf\u00e9", "cafe\u0301", "model", "MODEL", "\u212b", "\u00c5"];
      const files = paths.map((path) => textFile(path, `text of ${path}`));
      const kept = await context.storage.publish("m", 1n, files, { signal: context.signal }).then(
        () => true,
        () => false,
      );
      const texts = Object.fromEntries(paths.map((path) => [path, `text of ${path}`]));
      if (kept) expect(await readVersion(context, "m", 1n)).toEqual(texts);
      else expect(await listedVersions(context)).toEqual({});
    },
  },
  {
    name: "gives a file of 5 MB back that came in pieces of odd lengths",
    async run({ storage, signal }) {
      const bytes = noise(5_000_000);
      await storage.publish("m", 1n, [{ path: "large.bin", content: inOddPieces(bytes) }], { signal });
      const files = await storage.open("m", 1n, { signal });
      expect(files.files).toMatchObject([{ path: "large.bin", bytes: bytes.length }]);
      expect(sha256(await readFile(join(files.directory, "large.bin")))).toBe(sha256(bytes));
      await files[Symbol.asyncDispose]();
    },
  },
  {
    name: "is done with a piece before it asks for the next, so that the source may use one buffer for all",
    async run(context) {
      async function* reused() {
        const buffer = Buffer.alloc(3);
        for (const text of ["abc", "def", "ghi"]) {
          buffer.write(text);
          yield buffer;
        }
      }
      await context.storage.publish("m", 1n, [{ path: "a", content: reused() }], { signal: context.signal });
      expect(await readVersion(context, "m", 1n)).toEqual({ a: "abcdefghi" });
    },
  },
  {
    name: "takes files one after the other, each when the one before has been read",
    async run({ storage, signal }) {
      const order: string[] = [];
      async function* content(path: string) {
        order.push(`reads ${path}`);
        yield Buffer.from(path);
        order.push(`ends ${path}`);
      }
      async function* files(): AsyncGenerator<IncomingFile> {
        for (const path of ["a", "b"]) {
          order.push(`offers ${path}`);
          yield { path, content: content(path) };
        }
      }
      await storage.publish("m", 1n, files(), { signal });
      expect(order).toEqual(["offers a", "reads a", "ends a", "offers b", "reads b", "ends b"]);
    },
  },
  {
    name: "takes files whose checksum is right",
    async run(context) {
      const files = [checkedFile("model.txt", "weights")];
      await context.storage.publish("m", 1n, files, { signal: context.signal });
      expect(await readVersion(context, "m", 1n)).toEqual({ "model.txt": "weights" });
    },
  },
  {
    name: "takes a file of 5 MB that also lies on this machine, and tells of its bytes",
    async run({ storage, signal }) {
      await withLocalFile(noise(5_000_000), async (file, bytes) => {
        const told: number[] = [];
        await storage.publish("m", 1n, [file], { signal, onProgress: (stored) => told.push(stored) });
        expect(told.at(-1)).toBe(bytes.length);
        const opened = await storage.open("m", 1n, { signal });
        expect(opened.files).toEqual([{ path: file.path, bytes: bytes.length, sha256: sha256(bytes) }]);
        expect(sha256(await readFile(join(opened.directory, file.path)))).toBe(sha256(bytes));
        await opened[Symbol.asyncDispose]();
      });
    },
  },
  {
    name: "refuses a file that also lies on this machine with FILES_INVALID where it has another checksum",
    async run(context) {
      await withLocalFile(noise(2_000_000), async (file) => {
        const wrong = { ...file, sha256: sha256(Buffer.from("another")) };
        await expectReason(context.storage.publish("m", 1n, [wrong], { signal: context.signal }), "FILES_INVALID");
        expect(await listedVersions(context)).toEqual({});
      });
    },
  },
  {
    name: "knows the SHA-256 of every published file, whether it came with one or not",
    async run({ storage, signal }) {
      const files = [checkedFile("a", "checked"), textFile("b", "unchecked"), textFile("empty", "")];
      await storage.publish("m", 1n, files, { signal });
      const opened = await storage.open("m", 1n, { signal });
      const sums = Object.fromEntries(opened.files.map(({ path, sha256 }) => [path, sha256]));
      await opened[Symbol.asyncDispose]();
      const texts = { a: "checked", b: "unchecked", empty: "" };
      expect(sums).toEqual(
        Object.fromEntries(Object.entries(texts).map(([path, text]) => [path, sha256(Buffer.from(text))])),
      );
    },
  },
  {
    name: "tells of progress that never falls and ends with the bytes of all files",
    async run({ storage, signal }) {
      const told: number[] = [];
      const files = [
        { path: "a", content: [Buffer.alloc(70_000), Buffer.alloc(30_000)] },
        textFile("empty", ""),
        { path: "b", content: [Buffer.alloc(50_000)] },
      ];
      await storage.publish("m", 1n, files, { signal, onProgress: (bytes) => told.push(bytes) });
      expect(told.at(-1)).toBe(150_000);
      expect(told).toEqual([...told].sort((left, right) => left - right));
    },
  },
  {
    name: "refuses a version that exists with VERSION_EXISTS and keeps its content",
    async run(context) {
      const { storage, signal } = context;
      const first = await storage.publish("m", 1n, [textFile("model.txt", "first")], { signal });
      await expectReason(storage.publish("m", 1n, [textFile("model.txt", "second")], { signal }), "VERSION_EXISTS");
      expect(await readVersion(context, "m", 1n)).toEqual({ "model.txt": "first" });
      expect(await fingerprintOf(context, "m", 1n)).toBe(first.fingerprint);
    },
  },
  ...[-1n, -(2n ** 63n), MAX_MODEL_VERSION + 1n, 2n ** 64n].map(
    (version): StorageCase => ({
      name: `refuses version ${version} with VERSION_INVALID`,
      async run(context) {
        const { storage, signal } = context;
        await expectReason(storage.publish("m", version, smallVersion(), { signal }), "VERSION_INVALID");
        expect(await listedVersions(context)).toEqual({});
      },
    }),
  ),
];

/** Gives the content as a file that lies on this machine meanwhile. */
async function withLocalFile(bytes: Buffer, work: (file: IncomingFile, bytes: Buffer) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "plinth-conformance-"));
  try {
    const localFile = join(folder, "local.bin");
    await writeFile(localFile, bytes);
    await work({ path: "large.bin", content: [bytes], localFile }, bytes);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function* inOddPieces(bytes: Buffer): Generator<Uint8Array> {
  const lengths = [1, 7, 0, 4_093, 65_537, 300_001];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const length = lengths[turn % lengths.length] ?? 1;
    yield bytes.subarray(at, at + length);
    at += length;
  }
}
