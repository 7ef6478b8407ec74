import { cp, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ROOT } from "../architecture/source-files.js";
import { Serving, TemporaryFolder } from "./serving.js";

/*
 * TensorFlow Serving's file-system source, case by case, on a disk storage and a running server. What it calls an aspired version is
 * one that is served here.
 */

const PERCEPTRON = join(ROOT, "examples", "digits", "models", "digits", "1");
const FAST = "server: { pollIntervalMs: 10 }\nstorage: { use: disk, root: ./models, settleMs: 0 }\n";

let folder: TemporaryFolder;
let serving: Serving | undefined;

beforeEach(async () => {
  folder = await TemporaryFolder.create();
  await mkdir(join(folder.path, "models"));
});

afterEach(async () => {
  await serving?.[Symbol.asyncDispose]();
  serving = undefined;
  await folder[Symbol.asyncDispose]();
});

function pathOf(...names: readonly string[]): string {
  return join(folder.path, "models", ...names);
}

/** Fills folders of a model as people do it, by copying; their names are the versions. */
async function fill(model: string, ...names: readonly string[]): Promise<void> {
  for (const name of names) await cp(PERCEPTRON, pathOf(model, name), { recursive: true });
}

async function start(models = "", server = FAST): Promise<void> {
  serving = await Serving.start(server + models, join(folder.path, "config.yaml"));
}

function served(model = "m"): readonly string[] {
  const versions = serving?.server.models.status(model)?.versions ?? [];
  return versions.filter(({ state }) => state === "available").map(({ version }) => String(version));
}

async function untilServed(expected: readonly string[], model = "m"): Promise<void> {
  await expect.poll(() => served(model)).toEqual(expected);
}

describe("the file-system source", () => {
  it("S01 starts without versions, says that it is not ready, and takes a folder that is no number for none", async () => {
    await mkdir(pathOf("m", "non_numerical_child"), { recursive: true });
    await start("models: { m: {}, absent: {} }\n");
    expect([served("m"), served("absent")]).toEqual([[], []]);
    expect(serving?.server.models.readiness()).toEqual({
      ready: false,
      reasons: ["Model absent has no version in the storage", "Model m has no version in the storage"],
    });
  });

  it("S02 takes up files that appear after the start", async () => {
    await start("models: { m: {} }\n");
    await fill("m", "3");
    await untilServed(["3"]);
  });

  it("S03 serves the newest by default and leaves other folders alone", async () => {
    await fill("m", "42", "17", "non_numerical_child");
    await start();
    expect(served()).toEqual(["42"]);
  });

  it("S04 serves all at the same time where that is asked for", async () => {
    await fill("m", "42", "17", "non_numerical_child");
    await start("models: { m: { versions: all } }\n");
    expect(served()).toEqual(["42", "17"]);
  });

  it("S05 serves the n newest", async () => {
    await fill("m", "42", "33", "30", "21", "17", "x");
    await start("models: { m: { versions: { latest: 3 } } }\n");
    expect(served()).toEqual(["42", "33", "30"]);
  });

  it("S06 serves those that are named", async () => {
    await fill("m", "42", "33", "30", "21", "17");
    await start("models: { m: { versions: [17, 30] } }\n");
    expect(served()).toEqual(["30", "17"]);
  });

  it("S07 knows a version by its number, with leading zeros too", async () => {
    await fill("m", "42", "33", "30", "21", "00017");
    await start("models: { m: { versions: [17, 30] } }\n");
    expect(served()).toEqual(["30", "17"]);
  });

  it("S08 refuses a list of no version by name, where TensorFlow Serving serves none", async () => {
    await expect(start("models: { m: { versions: [] } }\n")).rejects.toThrow("expected at least one version");
  });

  it("S09 serves one version where nothing is said", async () => {
    await fill("m", "42", "17");
    await start("models: { m: { versions: { latest: 1 } }, n: }\n");
    expect(served()).toEqual(["42"]);
  });

  it("S10 takes one model out and another one in, and keeps the third as it is", async () => {
    await fill("kept", "1");
    await fill("removed", "1");
    await fill("added", "1");
    await start("models: { kept: {}, removed: {} }\n");
    const since = serving?.server.models.status("kept")?.versions[0]?.sinceMs;
    serving?.rewrite(`${FAST}models: { kept: {}, added: {} }\n`);
    await serving?.server.reload();
    await untilServed([], "removed");
    expect([served("kept"), served("added")]).toEqual([["1"], ["1"]]);
    expect(serving?.server.models.status("kept")?.versions[0]?.sinceMs).toBe(since);
  });

  it("S11 changes which versions it serves at run time", async () => {
    await fill("m", "13", "8", "5", "02");
    await start("models: { m: { versions: { latest: 2 } } }\n");
    expect(served()).toEqual(["13", "8"]);
    serving?.rewrite(`${FAST}models: { m: { versions: [2, 5] } }\n`);
    await serving?.server.reload();
    await untilServed(["5", "2"]);
  });

  it("S12 refuses to change the time between two looks at run time", async () => {
    await start("models: {}\n");
    serving?.rewrite(`${FAST.replace("10", "50")}models: {}\n`);
    await expect(serving?.server.reload()).rejects.toMatchObject({ reason: "RESTART_NEEDED" });
  });

  it("S13 keeps numbers of 64 bits exact", async () => {
    await fill("m", "20170111173521", "9007199254740993");
    await start("models: { m: { versions: all } }\n");
    expect(served()).toEqual(["9007199254740993", "20170111173521"]);
  });

  it("S14 lets go of versions whose folders are renamed or deleted", async () => {
    await fill("m", "1", "2", "3", "5", "8");
    await start("models: { m: { versions: all } }\n");
    expect(served()).toEqual(["8", "5", "3", "2", "1"]);
    await rename(pathOf("m", "2"), pathOf("m", "2.denied"));
    await rename(pathOf("m", "5"), pathOf("m", "5.denied"));
    await rm(pathOf("m", "8"), { recursive: true });
    await untilServed(["3", "1"]);
  });

  it("S15 serves a version once that several folders stand for", async () => {
    await fill("m", "0001", "001", "00001");
    await start("models: { m: { versions: all } }\n");
    expect(served()).toEqual(["1"]);
  });

  it("S16 unloads the last version too when it is deleted", async () => {
    await fill("m", "42");
    await start();
    expect(served()).toEqual(["42"]);
    await rm(pathOf("m", "42"), { recursive: true });
    await untilServed([]);
  });

  it("S17 looks again only after the time that was set, or when it is told to", async () => {
    await fill("m", "1");
    await start("models: { m: {} }\n", FAST.replace("10", "86400000"));
    await fill("m", "2");
    await serving?.server.settled();
    expect(served()).toEqual(["1"]);
    await serving?.server.reload();
    await untilServed(["2"]);
  });
});
