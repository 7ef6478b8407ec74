import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { HandFilledRoot } from "./hand-filled-root.js";

const { signal } = new AbortController();

/** A folder of versions, anywhere but below the root. */
async function folderElsewhere(...versions: number[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "plinth-elsewhere-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const version of versions) {
    await mkdir(join(folder, String(version)));
    await writeFile(join(folder, String(version), "model.txt"), `version ${version}`);
  }
  return folder;
}

it("lists the versions that lie in the folder of a placed model, and opens them there", async () => {
  const root = await HandFilledRoot.create();
  const folder = await folderElsewhere(3, 7);
  await root.write("m/1/model.txt", "not this one");
  await root.write("n/1/model.txt", "n");
  root.storage.place(new Map([["m", folder]]));
  await root.settle();
  expect(await root.versions()).toEqual({ m: [3n, 7n], n: [1n] });
  await using files = await root.storage.open("m", 7n, { signal });
  expect(files.directory).toBe(join(folder, "7"));
});

it("serves two models from one folder", async () => {
  const root = await HandFilledRoot.create();
  const folder = await folderElsewhere(1);
  root.storage.place(new Map(["a", "b"].map((model) => [model, folder])));
  await root.settle();
  expect(await root.versions()).toEqual({ a: [1n], b: [1n] });
});

it("waits until a version that is copied there is whole", async () => {
  const root = await HandFilledRoot.create();
  const folder = await folderElsewhere(1);
  root.storage.place(new Map([["m", folder]]));
  await root.settle();
  await mkdir(join(folder, "2"));
  await writeFile(join(folder, "2/model.txt"), "half of it");
  expect(await root.versions()).toEqual({ m: [1n] });
  await root.settle();
  expect(await root.versions()).toEqual({ m: [1n, 2n] });
});

it("writes nothing but versions there: what is its own stays below the root", async () => {
  const root = await HandFilledRoot.create();
  const folder = await folderElsewhere(1);
  root.storage.place(new Map([["m", folder]]));
  await root.settle();
  await root.storage.records.put("key", 1, undefined, { signal });
  await root.storage.publish("m", 2n, [{ path: "model.txt", content: [Buffer.from("2")] }], { signal });
  await root.storage.remove("m", 1n, { signal });
  expect(await readdir(folder)).toEqual(["2"]);
  expect(await readdir(root.path)).toEqual([".plinth"]);
});

it("tells of a folder that is away, knows its versions when it is back, and lists the others meanwhile", async () => {
  const root = await HandFilledRoot.create();
  const folder = await folderElsewhere(1);
  await root.write("n/1/model.txt", "n");
  root.storage.place(new Map([["m", folder]]));
  await root.settle();
  await root.versions();
  await rename(folder, `${folder}-away`);
  expect(await root.versions()).toEqual({ m: "STORAGE_UNAVAILABLE", n: [1n] });
  await rename(`${folder}-away`, folder);
  expect(await root.versions()).toEqual({ m: [1n], n: [1n] });
});
