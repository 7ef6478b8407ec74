import { mkdir, rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { HandFilledRoot } from "./hand-filled-root.js";

const { signal } = new AbortController();

it("lists folders with decimal names as versions and nothing else", async () => {
  const root = await HandFilledRoot.create();
  for (const name of [
    "42",
    "17",
    "non_numerical_child",
    ".hidden",
    "1.5",
    "-1",
    "1e3",
    "0x10",
    "9223372036854775808",
  ]) {
    await root.write(`m/${name}/model.txt`, name);
  }
  await root.write("m/README.md", "a file beside the versions");
  await root.write("m/7", "a file with the name of a version");
  await root.write("golden.json", "a file beside the models");
  await root.write(".git/1/HEAD", "a hidden folder");
  await root.settle();
  expect(await root.versions()).toEqual({ m: [17n, 42n] });
});

it("reads versions past 32 and 53 bits exactly", async () => {
  const root = await HandFilledRoot.create();
  for (const name of ["20170111173521", "9223372036854775807", "9007199254740993"])
    await root.write(`m/${name}/a`, name);
  await root.settle();
  expect(await root.versions()).toEqual({ m: [20170111173521n, 9007199254740993n, 9223372036854775807n] });
});

it("takes leading zeros for no part of the number", async () => {
  const root = await HandFilledRoot.create();
  await root.write("m/00000123/model.txt", "zeros");
  await root.settle();
  expect(await root.versions()).toEqual({ m: [123n] });
  const files = await root.storage.open("m", 123n, { signal });
  expect(files.directory).toBe(join(root.path, "m/00000123"));
  await files[Symbol.asyncDispose]();
  await root.storage.remove("m", 123n, { signal });
  expect(await root.versions()).toEqual({});
});

it("lists a version once that lies there under several names, and removes all of them", async () => {
  const root = await HandFilledRoot.create();
  for (const name of ["0001", "001", "00001"]) await root.write(`m/${name}/model.txt`, "same");
  await root.settle();
  expect(await root.versions()).toEqual({ m: [1n] });
  await root.storage.remove("m", 1n, { signal });
  expect(await root.versions()).toEqual({});
});

it("does not publish beside a version that lies there under another name", async () => {
  const root = await HandFilledRoot.create();
  await root.write("m/007/model.txt", "by hand");
  const published = root.storage.publish("m", 7n, [{ path: "a", content: [] }], { signal });
  await expect(published).rejects.toMatchObject({ reason: "VERSION_EXISTS" });
});

it("lists a model without versions, and never an empty version", async () => {
  const root = await HandFilledRoot.create();
  await mkdir(join(root.path, "m"));
  await mkdir(join(root.path, "n/1/variables"), { recursive: true });
  await root.settle();
  expect(await root.versions()).toEqual({ m: [], n: [] });
  await expect(root.storage.open("n", 1n, { signal })).rejects.toMatchObject({ reason: "VERSION_NOT_FOUND" });
});

it("no longer lists what was renamed or deleted by hand, and lists the others on", async () => {
  const root = await HandFilledRoot.create();
  for (const name of ["1", "2", "3", "5", "8"]) await root.write(`m/${name}/model.txt`, name);
  await root.write("other/1/model.txt", "other");
  await root.settle();
  expect(await root.versions()).toEqual({ m: [1n, 2n, 3n, 5n, 8n], other: [1n] });
  await rename(join(root.path, "m/2"), join(root.path, "m/2.denied"));
  await rename(join(root.path, "m/5"), join(root.path, "m/5.denied"));
  await rm(join(root.path, "m/8"), { recursive: true });
  await rm(join(root.path, "other"), { recursive: true });
  expect(await root.versions()).toEqual({ m: [1n, 3n] });
});

it("lists a model no more once its last version was removed through it", async () => {
  const root = await HandFilledRoot.create();
  await root.write("m/42/model.txt", "42");
  await root.settle();
  await root.storage.remove("m", 42n, { signal });
  expect(await root.versions()).toEqual({});
});

it("tells of a model that cannot be read, and lists the others", async () => {
  const root = await HandFilledRoot.create();
  await root.write("m/1/model.txt", "fine");
  await symlink("not-mounted", join(root.path, "broken"));
  await symlink("circle", join(root.path, "circle"));
  await root.settle();
  expect(await root.versions()).toEqual({ m: [1n], broken: "STORAGE_UNAVAILABLE", circle: "STORAGE_UNAVAILABLE" });
});

it("rejects the whole list with STORAGE_UNAVAILABLE while the root is away, and publishes nothing in its place", async () => {
  const root = await HandFilledRoot.create();
  await root.write("m/1/model.txt", "fine");
  await root.settle();
  await rename(root.path, `${root.path}-away`);
  const published = root.storage.publish("m", 2n, [{ path: "a", content: [] }], { signal });
  await expect(published).rejects.toMatchObject({ reason: "STORAGE_UNAVAILABLE" });
  await expect(root.storage.list({ signal })).rejects.toMatchObject({ reason: "STORAGE_UNAVAILABLE" });
  await rename(`${root.path}-away`, root.path);
  expect(await root.versions()).toEqual({ m: [1n] });
});
