import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { HandFilledRoot } from "./hand-filled-root.js";

const { signal } = new AbortController();
const TWO_DAYS_MS = 2 * 24 * 60 * 60 * 1_000;
const DEAD_PROCESS: number = spawnSync(process.execPath, ["--version"]).pid;

describe("at start, what publishes have left unfinished", () => {
  it("is deleted where its process is dead", async () => {
    const root = await rootWithLeftover({ processId: DEAD_PROCESS });
    await root.another().start({ signal });
    expect(await leftovers(root)).toEqual([]);
    expect(await root.versions()).toEqual({});
  });

  it("is deleted where another process has its number now, as the first one in every container", async () => {
    const root = await rootWithLeftover({ startedAtMs: 1 });
    await root.another().start({ signal });
    expect(await leftovers(root)).toEqual([]);
  });

  it("is kept where it is this very process's", async () => {
    const root = await rootWithLeftover({});
    await root.another().start({ signal });
    expect(await leftovers(root)).toHaveLength(1);
  });

  it("is kept where its process lives on this machine, however old it is", async () => {
    const root = await rootWithLeftover({ processId: process.ppid, startedAtMs: 1 });
    await root.another().start({ signal });
    expect(await leftovers(root)).toHaveLength(1);
  });

  it("is kept where another machine has been busy with it within a day, and then deleted", async () => {
    const root = await rootWithLeftover({ host: `not-${hostname()}`, processId: DEAD_PROCESS });
    await root.another().start({ signal });
    expect(await leftovers(root)).toHaveLength(1);
    root.setAhead(TWO_DAYS_MS);
    await root.another().start({ signal });
    expect(await leftovers(root)).toEqual([]);
  });
});

it("publishes nothing where its unfinished files were taken for left behind", async () => {
  const root = await HandFilledRoot.create();
  async function* files() {
    yield { path: "a", content: [Buffer.from("first half")] };
    const [entry = ""] = await leftovers(root);
    await rename(join(root.path, ".plinth/work", entry), join(root.path, "taken-away"));
    yield { path: "b", content: [Buffer.from("second half")] };
  }
  await expect(root.storage.publish("m", 1n, files(), { signal })).rejects.toMatchObject({
    reason: "STORAGE_UNAVAILABLE",
  });
  await root.settle();
  expect((await root.versions()).m).toBeUndefined();
});

it("keeps one manifest for each version that was published, and none for others", async () => {
  const root = await HandFilledRoot.create();
  const files = [{ path: "a", content: [] }];
  await Promise.allSettled([1, 2, 3].map(() => root.storage.publish("m", 1n, files, { signal })));
  expect(await readdir(join(root.path, ".plinth/published"))).toHaveLength(1);
  await root.storage.remove("m", 1n, { signal });
  expect(await readdir(join(root.path, ".plinth/published"))).toEqual([]);
});

it("deletes manifests of versions that were removed by hand, a day later", async () => {
  const root = await HandFilledRoot.create();
  for (const version of [1n, 2n]) await root.storage.publish("m", version, [{ path: "a", content: [] }], { signal });
  await rm(join(root.path, "m/1"), { recursive: true });
  await root.another().start({ signal });
  expect(await readdir(join(root.path, ".plinth/published"))).toHaveLength(2);
  root.setAhead(TWO_DAYS_MS);
  const later = root.another();
  await later.start({ signal });
  expect(await readdir(join(root.path, ".plinth/published"))).toHaveLength(1);
  expect(await root.versions(later)).toEqual({ m: [2n] });
});

/** A folder as this process makes it for a publish, but for what is changed about its owner. */
async function rootWithLeftover(
  owner: Partial<{ host: string; processId: number; startedAtMs: number }>,
): Promise<HandFilledRoot> {
  const root = await HandFilledRoot.create();
  let entry = "";
  async function* files() {
    entry = (await leftovers(root))[0] ?? "";
    yield { path: "a", content: [] };
  }
  await root.storage.publish("seen", 1n, files(), { signal });
  await root.storage.remove("seen", 1n, { signal });
  const [host, processId, startedAtMs, id] = entry.split("~");
  const name = [owner.host ?? host, owner.processId ?? processId, owner.startedAtMs ?? startedAtMs, id].join("~");
  await mkdir(join(root.path, ".plinth/work", name, "variables"), { recursive: true });
  return root;
}

async function leftovers(root: HandFilledRoot): Promise<string[]> {
  const work = join(root.path, ".plinth/work");
  return existsSync(work) ? readdir(work) : [];
}
