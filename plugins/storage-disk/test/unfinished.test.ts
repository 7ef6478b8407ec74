import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { HandFilledRoot } from "./hand-filled-root.js";

const { signal } = new AbortController();
const TWO_DAYS_MS = 2 * 24 * 60 * 60 * 1_000;

it("does not go on with kept files that were damaged meanwhile, but reads them again", async () => {
  const root = await HandFilledRoot.create();
  await breakOff(root, 1n);
  const [kept = ""] = await keptFiles(root);
  await writeFile(kept, "damaged");
  await root.storage.publish("m", 1n, [fileOf("whole")], { signal });
  const files = await root.storage.open("m", 1n, { signal });
  expect(files.files).toMatchObject([{ path: "model", bytes: 5, sha256: fileOf("whole").sha256 }]);
  expect((await stat(join(files.directory, "model"))).nlink).toBe(1);
  await files[Symbol.asyncDispose]();
  expect(await keptFiles(root)).toEqual([]);
});

it("takes no room twice: a kept file is the version's own under a second name", async () => {
  const root = await HandFilledRoot.create();
  await breakOff(root, 1n);
  const [kept = ""] = await keptFiles(root);
  const { ino } = await stat(kept);
  await root.storage.publish("m", 1n, [fileOf("whole")], { signal });
  expect((await stat(join(root.path, "m/1/model"))).ino).toBe(ino);
});

it("is kept for a day, and of sixteen versions at most", async () => {
  const root = await HandFilledRoot.create();
  for (let version = 1n; version <= 20n; version++) await breakOff(root, version);
  expect(await readdir(join(root.path, ".plinth/unfinished"))).toHaveLength(16);
  root.setAhead(TWO_DAYS_MS);
  await root.another().start({ signal });
  expect(await readdir(join(root.path, ".plinth/unfinished"))).toEqual([]);
});

it("is not kept where the version is there already", async () => {
  const root = await HandFilledRoot.create();
  async function* files() {
    yield fileOf("whole");
    await root.write("m/1/by-hand", "was first");
  }
  await expect(root.storage.publish("m", 1n, files(), { signal })).rejects.toMatchObject({ reason: "VERSION_EXISTS" });
  expect(await keptFiles(root)).toEqual([]);
});

async function breakOff(root: HandFilledRoot, version: bigint): Promise<void> {
  async function* files() {
    yield fileOf("whole");
    throw new Error("breaks off");
  }
  await expect(root.storage.publish("m", version, files(), { signal })).rejects.toThrow("breaks off");
}

function fileOf(text: string) {
  const content = Buffer.from(text);
  return { path: "model", content: [content], sha256: createHash("sha256").update(content).digest("hex") };
}

async function keptFiles(root: HandFilledRoot): Promise<readonly string[]> {
  const folder = join(root.path, ".plinth/unfinished");
  if (!existsSync(folder)) return [];
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
