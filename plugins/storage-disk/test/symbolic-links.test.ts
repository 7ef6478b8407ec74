import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { HandFilledRoot } from "./hand-filled-root.js";

const { signal } = new AbortController();

it("follows a version and a model that are links to folders elsewhere, for whoever fills the root decides", async () => {
  const root = await HandFilledRoot.create();
  const elsewhere = await folderElsewhere();
  await mkdir(join(root.path, "m"));
  await symlink(elsewhere, join(root.path, "m/1"));
  await mkdir(join(elsewhere, "2"));
  await writeFile(join(elsewhere, "2/model.txt"), "a model elsewhere");
  await symlink(elsewhere, join(root.path, "n"));
  await root.settle();
  expect(await root.versions()).toEqual({ m: [1n], n: [2n] });
  expect(await root.paths("m", 1n)).toEqual(["2/model.txt", "secret.txt"]);
  expect(await root.paths("n", 2n)).toEqual(["model.txt"]);
});

it("removes a version that is a link without touching what it leads to, which stays readable", async () => {
  const root = await HandFilledRoot.create();
  const elsewhere = await folderElsewhere();
  await mkdir(join(root.path, "m"));
  await symlink(relative(join(root.path, "m"), elsewhere), join(root.path, "m/1"));
  await root.settle();
  const files = await root.storage.open("m", 1n, { signal });
  await root.storage.remove("m", 1n, { signal });
  expect(await root.versions()).toEqual({});
  expect(await readFile(join(files.directory, "secret.txt"), "utf8")).toBe("secret");
  await files[Symbol.asyncDispose]();
  expect(await readFile(join(elsewhere, "secret.txt"), "utf8")).toBe("secret");
});

it("follows links that stay inside the version, as Kubernetes has them in mounted volumes", async () => {
  const root = await HandFilledRoot.create();
  await root.write("m/1/..2024_05_01_10_00_00.1/model.txt", "mounted");
  await root.write("m/1/..2024_05_01_10_00_00.1/variables/data", "mounted");
  await symlink("..2024_05_01_10_00_00.1", join(root.path, "m/1/..data"));
  await symlink("..data/model.txt", join(root.path, "m/1/model.txt"));
  await symlink("..data/variables", join(root.path, "m/1/variables"));
  await root.settle();
  expect(await root.versions()).toEqual({ m: [1n] });
  const files = await root.storage.open("m", 1n, { signal });
  expect(files.files).toEqual([
    { path: "model.txt", bytes: 7 },
    { path: "variables/data", bytes: 7 },
  ]);
  await files[Symbol.asyncDispose]();
});

it("gives another fingerprint when a link leads to other content", async () => {
  const root = await HandFilledRoot.create();
  await root.write("m/1/..old/model.txt", "old content");
  await root.write("m/1/..new/model.txt", "new content of another size");
  await symlink("..old", join(root.path, "m/1/..data"));
  await symlink("..data/model.txt", join(root.path, "m/1/model.txt"));
  await root.settle();
  const before = await root.fingerprint("m", 1n);
  await symlink("..new", join(root.path, "m/1/..data_tmp"));
  await rename(join(root.path, "m/1/..data_tmp"), join(root.path, "m/1/..data"));
  await root.settle();
  expect(await root.fingerprint("m", 1n)).not.toBe(before);
});

it.each([
  ["a link to a file outside", "../../secret.txt", "leads out"],
  ["a link to a file of another version", "../2/model.txt", "leads out"],
  ["a link to a file of a version that begins with the same digits", "../10/model.txt", "leads out"],
  ["an absolute link", "/etc/passwd", "leads out"],
  ["a link to a folder outside", "..", "leads out"],
  ["a link that leads nowhere", "missing", "leads nowhere"],
  ["a link that leads to itself", "link", "leads nowhere"],
  ["a link to its own folder", ".", "folders deep"],
])("refuses to open a version with %s", async (_what, target, message) => {
  const root = await HandFilledRoot.create();
  await root.write("m/1/model.txt", "fine");
  await root.write("m/2/model.txt", "fine");
  await root.write("m/10/model.txt", "fine");
  await root.write("secret.txt", "secret");
  await symlink(target, join(root.path, "m/1/link"));
  await root.settle();
  expect(await root.versions()).toEqual({ m: [1n, 2n, 10n] });
  const refused = root.storage.open("m", 1n, { signal });
  await expect(refused).rejects.toMatchObject({ reason: "FILES_INVALID", message: expect.stringContaining(message) });
});

async function folderElsewhere(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "plinth-elsewhere-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, "secret.txt"), "secret");
  return folder;
}
