import { readdirSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { DEFAULT_SIGNATURE } from "@plinth/core";
import { pack } from "tar-stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ENGINE, load, OWN_MODELS, run, versionOf } from "./loading.js";
import { float32 } from "./running-ops.js";
import { ModelFolder } from "./tfjs-files.js";

const MODULE = join(OWN_MODELS, "hub_module", "1");

let folder: ModelFolder;

beforeAll(async () => {
  folder = await ModelFolder.create();
});

afterAll(() => folder[Symbol.asyncDispose]());

interface Entry {
  readonly name: string;
  readonly content?: Uint8Array;
  readonly linkname?: string;
}

async function archive(entries: readonly Entry[]): Promise<Uint8Array> {
  const tar = pack();
  for (const { name, content, linkname } of entries) {
    if (linkname === undefined) tar.entry({ name }, Buffer.from(content ?? []));
    else tar.entry({ name, type: "symlink", linkname });
  }
  tar.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return gzipSync(Buffer.concat(chunks));
}

function moduleFiles(prefix = ""): Entry[] {
  return versionOf(MODULE).files.map(({ path }) => ({
    name: prefix + path,
    content: readFileSync(join(MODULE, path)),
  }));
}

function unpackedFolders(): readonly string[] {
  return readdirSync(tmpdir()).filter(
    (name) => name.startsWith("plinth-hub-module-") && statSync(join(tmpdir(), name)).isDirectory(),
  );
}

describe(`Hub modules on ${ENGINE}`, () => {
  it("answer from a folder, from an archive, and from the layout of the cache alike", async () => {
    const packed = await folder.write("archive", { "module.tar.gz": await archive(moduleFiles("./")) });
    const hash = "0123456789abcdef0123456789abcdef01234567";
    const cached = await folder.write("cache", {
      ...Object.fromEntries(moduleFiles(`${hash}/`).map(({ name, content = new Uint8Array() }) => [name, content])),
      [`${hash}.descriptor.txt`]: "Module: somewhere",
    });
    const answers = [];
    for (const directory of [MODULE, packed, cached]) {
      const model = await load(directory);
      const spec = model.signatures.get(DEFAULT_SIGNATURE)?.inputs.get("inputs");
      const width = spec?.shape?.[1] ?? 1;
      answers.push(
        await run(
          model,
          DEFAULT_SIGNATURE,
          new Map([["inputs", float32(new Array<number>(width).fill(1), [1, width])]]),
        ),
      );
    }
    expect(answers[0]?.get("output_0")?.data.length).toBe(1);
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
    expect(unpackedFolders()).toEqual([]);
  });

  it.each<[string, readonly Entry[] | undefined, RegExp]>([
    ["leads out of the folder", [{ name: "../evil.txt" }], /evil/],
    ["holds a link", [{ name: "saved_model.pb", linkname: "/etc/passwd" }], /symlink/],
    ["holds a file twice", [{ name: "a" }, { name: "a" }], /EEXIST/],
    ["holds no model", [{ name: "readme.txt" }], /holds no saved_model.pb/],
    ["is no archive", undefined, /incorrect header check/],
  ])("an archive that %s is refused, and nothing stays", async (name, entries, message) => {
    const content = entries === undefined ? Buffer.from("no archive") : await archive(entries);
    const directory = await folder.write(name.replaceAll(" ", "-"), { "module.tar.gz": content });
    await expect(load(directory)).rejects.toMatchObject({
      reason: "MODEL_FILE_INVALID",
      message: expect.stringMatching(message),
    });
    expect(unpackedFolders()).toEqual([]);
  });
});
