import { appendFile, chmod, link, rename, rm, utimes } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { HandFilledRoot, SETTLE_MS } from "./hand-filled-root.js";

const { signal } = new AbortController();
const A_DAY_MS = 24 * 60 * 60 * 1_000;

describe("a version that is being copied", () => {
  it("is not listed before nothing in it has changed for the settle time", async () => {
    const root = await HandFilledRoot.create();
    await root.write("m/1/saved_model.pb", "first half, ");
    expect(await root.versions()).toEqual({ m: [] });
    for (const step of ["second half", ", third half"]) {
      root.pass(SETTLE_MS - 1);
      await appendFile(join(root.path, "m/1/saved_model.pb"), step);
      expect(await root.versions()).toEqual({ m: [] });
    }
    root.pass(SETTLE_MS - 1);
    await root.write("m/1/variables/variables.data", "deep below");
    expect(await root.versions()).toEqual({ m: [] });
    root.pass(SETTLE_MS - 1);
    expect(await root.versions()).toEqual({ m: [] });
    await expect(root.storage.open("m", 1n, { signal })).rejects.toMatchObject({ reason: "VERSION_NOT_FOUND" });
    root.pass(1);
    expect(await root.versions()).toEqual({ m: [1n] });
    expect(await root.paths("m", 1n)).toEqual(["saved_model.pb", "variables/variables.data"]);
  });

  it("is not taken for old because its files say so, as `cp -p` has them do", async () => {
    const root = await HandFilledRoot.create();
    await root.write("m/1/model.txt", "half");
    const longAgo = new Date(Date.now() - 365 * A_DAY_MS);
    await utimes(join(root.path, "m/1/model.txt"), longAgo, longAgo);
    await utimes(join(root.path, "m/1"), longAgo, longAgo);
    expect(await root.versions()).toEqual({ m: [] });
    await root.settle();
    expect(await root.versions()).toEqual({ m: [1n] });
  });

  it("is not listed where a file was replaced by one of the same size and date", async () => {
    const root = await HandFilledRoot.create();
    const date = new Date("2024-05-01T10:00:00Z");
    await root.write("m/1/a", "one");
    await root.write("other", "two");
    for (const file of ["m/1/a", "other"]) await utimes(join(root.path, file), date, date);
    await root.settle();
    await rename(join(root.path, "other"), join(root.path, "m/1/a"));
    expect(await root.versions()).toEqual({ m: [] });
  });

  it("is listed in the end also where its files are dated into the future, or the clock is behind", async () => {
    const root = await HandFilledRoot.create();
    await root.write("m/1/model.txt", "whole");
    const nextYear = new Date(Date.now() + 365 * A_DAY_MS);
    await utimes(join(root.path, "m/1/model.txt"), nextYear, nextYear);
    root.setAhead(-A_DAY_MS);
    expect(await root.versions()).toEqual({ m: [] });
    await root.settle();
    expect(await root.versions()).toEqual({ m: [1n] });
  });

  it("is not listed where the file server's clock is half a minute behind", async () => {
    const root = await HandFilledRoot.create();
    await root.versions();
    await root.write("m/1/model.txt", "half");
    root.setAhead(30_000);
    expect(await root.versions()).toEqual({ m: [] });
  });
});

it("lists a version at first sight that nobody has changed for long", async () => {
  const root = await HandFilledRoot.create();
  await root.versions();
  await root.write("m/1/model.txt", "old");
  root.setAhead(A_DAY_MS);
  expect(await root.versions()).toEqual({ m: [1n] });
});

it("takes less for long in the first listing, so that a server starts with what was copied just before", async () => {
  const root = await HandFilledRoot.create();
  await root.write("m/1/model.txt", "new");
  expect(await root.versions(root.another())).toEqual({ m: [] });
  root.setAhead(SETTLE_MS + 5_000);
  expect(await root.versions(root.another())).toEqual({ m: [1n] });
});

it("lists a published version at once, also in another process", async () => {
  const root = await HandFilledRoot.create();
  await root.storage.publish("m", 1n, [{ path: "a", content: [Buffer.from("text")] }], { signal });
  expect(await root.versions(root.another())).toEqual({ m: [1n] });
});

it("watches a published version like any other once somebody edits it", async () => {
  const root = await HandFilledRoot.create();
  await root.storage.publish("m", 1n, [{ path: "a", content: [Buffer.from("text")] }], { signal });
  await root.write("m/1/b", "by hand");
  expect(await root.versions(root.another())).toEqual({ m: [] });
});

describe("a version that was whole and is changed by hand", () => {
  it("stays listed as it was until the change has settled, and cannot be opened meanwhile", async () => {
    const root = await HandFilledRoot.create();
    await root.write("m/1/model.txt", "before");
    await root.settle();
    const before = await root.fingerprint("m", 1n);
    await root.write("m/1/added.txt", "after");
    expect(await root.fingerprint("m", 1n)).toBe(before);
    await expect(root.storage.open("m", 1n, { signal })).rejects.toMatchObject({ reason: "VERSION_NOT_FOUND" });
    await root.settle();
    const after = await root.fingerprint("m", 1n);
    expect(after).toEqual(expect.any(String));
    expect(after).not.toBe(before);
    expect(await root.paths("m", 1n)).toEqual(["added.txt", "model.txt"]);
  });

  it("is seen where only the content of a file deep below is another", async () => {
    const root = await HandFilledRoot.create();
    await root.write("m/1/assets/vocabulary.txt", "before");
    await root.settle();
    const before = await root.fingerprint("m", 1n);
    await root.write("m/1/assets/vocabulary.txt", "after!");
    await root.settle();
    expect(await root.fingerprint("m", 1n)).not.toBe(before);
  });

  it("is seen after so many looks as there are twenty-fives of versions", async () => {
    const root = await HandFilledRoot.create();
    for (let version = 1; version <= 60; version++) await root.write(`m/${version}/assets/a`, "before");
    await root.settle();
    await root.versions();
    const fingerprints = async () => (await root.storage.list({ signal })).flatMap(({ versions }) => versions);
    const before = await fingerprints();
    for (let version = 1; version <= 60; version++) await root.write(`m/${version}/assets/a`, "after!");
    root.setAhead(A_DAY_MS);
    const changed: number[] = [];
    for (let look = 0; look < 3; look++) {
      const after = await fingerprints();
      changed.push(after.filter(({ fingerprint }, index) => fingerprint !== before[index]?.fingerprint).length);
    }
    expect(changed).toEqual([25, 50, 60]);
  });

  it("is not given out half where another copy replaces it between two looks", async () => {
    const root = await HandFilledRoot.create();
    await root.write("m/1/a", "old");
    await root.write("m/1/b", "old");
    await root.settle();
    await root.versions();
    await rm(join(root.path, "m/1"), { recursive: true });
    await root.write("m/1/a", "new, the other half is still to come");
    await expect(root.storage.open("m", 1n, { signal })).rejects.toMatchObject({ reason: "VERSION_NOT_FOUND" });
  });

  it.each(["by hand", "through the storage"])("is as unknown as any other after it was removed %s", async (how) => {
    const root = await HandFilledRoot.create();
    await root.write("m/1/a", "old");
    await root.write("m/2/a", "another");
    await root.settle();
    expect(await root.versions()).toEqual({ m: [1n, 2n] });
    if (how === "by hand") {
      await rm(join(root.path, "m/1"), { recursive: true });
      await root.versions();
    } else {
      await root.storage.remove("m", 1n, { signal });
    }
    await root.write("m/1/a", "new, the other half is still to come");
    expect(await root.versions()).toEqual({ m: [2n] });
  });

  it("is not listed any more once it is empty", async () => {
    const root = await HandFilledRoot.create();
    await root.write("m/1/a", "old");
    await root.settle();
    expect(await root.versions()).toEqual({ m: [1n] });
    await rm(join(root.path, "m/1/a"));
    expect(await root.versions()).toEqual({ m: [] });
  });

  it("keeps its fingerprint and can be opened where only rights and links were changed", async () => {
    const root = await HandFilledRoot.create();
    await root.write("m/1/a", "text");
    await root.settle();
    const before = await root.fingerprint("m", 1n);
    await chmod(join(root.path, "m/1/a"), 0o600);
    await link(join(root.path, "m/1/a"), join(root.path, "backup"));
    expect(await root.paths("m", 1n)).toEqual(["a"]);
    expect(await root.fingerprint("m", 1n)).toBe(before);
  });
});
