import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { pack } from "tar-stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { unpackVersion } from "../src/transfer/unpack-version.js";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "plinth-unpack-"));
});

afterEach(() => rm(folder, { recursive: true }));

function tarOf(files: Readonly<Record<string, string>>): ReadableStream<Uint8Array> {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) archive.entry({ name }, content);
  archive.finalize();
  return Readable.toWeb(Readable.from(archive)) as ReadableStream<Uint8Array>;
}

function announced(path: string, content: string) {
  return { path, bytes: content.length, sha256: createHash("sha256").update(content).digest("hex") };
}

const FILES = { "model.onnx": "hello", "notes/a b.txt": "world" };
const ANNOUNCED = Object.entries(FILES).map(([path, content]) => announced(path, content));

describe("a version that is pulled", () => {
  it("is written as it comes, and told of", async () => {
    let received = 0;
    await unpackVersion(tarOf(FILES), ANNOUNCED, folder, (bytes) => {
      received += bytes;
    });
    expect(await readFile(join(folder, "notes", "a b.txt"), "utf8")).toBe("world");
    expect(received).toBe(10);
  });

  it("may have checksums that are not known", async () => {
    await unpackVersion(tarOf({ a: "x" }), [{ path: "a", bytes: 1 }], folder, () => {});
    expect(await readdir(folder)).toEqual(["a"]);
  });

  it.each<[string, Readonly<Record<string, string>>, readonly ReturnType<typeof announced>[], string]>([
    ["a file that was not announced", { ...FILES, other: "x" }, ANNOUNCED, '"other" came unannounced'],
    ["a file less", { "model.onnx": "hello" }, ANNOUNCED, "notes/a b.txt did not come"],
    ["another content", { ...FILES, "model.onnx": "jello" }, ANNOUNCED, "model.onnx has the SHA-256 "],
    ["another size", { ...FILES, "model.onnx": "hell" }, ANNOUNCED, "model.onnx has 4 bytes, expected 5"],
    ["a path that leads out", { "../evil": "x" }, [announced("../evil", "x")], "../evil"],
  ])("is refused with %s", async (_what, files, expected, words) => {
    await expect(unpackVersion(tarOf(files), expected, folder, () => {})).rejects.toThrow(words);
  });
});
