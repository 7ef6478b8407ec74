import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DiskStorage } from "@plinth/storage-disk";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PowerCutDisk, type Survival } from "./power-cut-disk.js";
import { silentLogger } from "./silent-logger.js";

const { signal } = new AbortController();

/** Long past, so that whatever a cut left behind would count as whole. */
const LONG_AFTER_MS = 60 * 60 * 1_000;

const CLOCK = { wallMs: () => Date.now() + LONG_AFTER_MS, steadyMs: () => performance.now() };
const FILES: Readonly<Record<string, string>> = { "model.txt": "weights", "variables/deep/data": "more", empty: "" };
const SURVIVALS: readonly Survival[] = ["only what was synced", "every name, but only content that was synced"];

let folder: string;
let root: string;
let disk: PowerCutDisk;
let storage: DiskStorage;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "plinth-test-"));
  root = join(folder, "root");
  await mkdir(root);
  disk = new PowerCutDisk(root);
  storage = new DiskStorage({ root, settleMs: 2_000 }, silentLogger, CLOCK, disk);
  await storage.start({ signal });
});

afterEach(async () => {
  await storage[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

describe.each(SURVIVALS)("a power cut that leaves %s", (survival) => {
  it("at any step of a publish leaves the version whole or not at all, and all of it after the last step", async () => {
    const { steps, states } = await cutAtEachStep(survival, publish);
    expect(steps.length).toBeGreaterThan(20);
    for (const [index, state] of states.entries()) {
      expect([undefined, FILES], steps[index] ?? "after the last step").toContainEqual(state);
    }
    expect(states.at(-1)).toEqual(FILES);
  });

  it("at any step of a remove leaves the version whole or not at all, and nothing of it after the last step", async () => {
    await publish();
    const { steps, states } = await cutAtEachStep(survival, () => storage.remove("m", 1n, { signal }));
    for (const [index, state] of states.entries()) {
      expect([undefined, FILES], steps[index] ?? "after the last step").toContainEqual(state);
    }
    expect(states.at(-1)).toBeUndefined();
  });

  it("at any step of a publish that goes on from one that broke off leaves the version whole or not at all", async () => {
    await publish(checksummed(), new Error("breaks off")).catch(() => {});
    const { steps, states } = await cutAtEachStep(survival, () => publish(checksummed()));
    for (const [index, state] of states.entries()) {
      expect([undefined, FILES], steps[index] ?? "after the last step").toContainEqual(state);
    }
    expect(states.at(-1)).toEqual(FILES);
  });
});

it("would be noticed where nothing was synced, so that these tests are worth something", async () => {
  disk.syncs = false;
  const torn = await cutAtEachStep("every name, but only content that was synced", publish);
  expect(torn.states).toContainEqual({ "model.txt": "", "variables/deep/data": "", empty: "" });
  expect(await stateAfterCut("only what was synced")).toBeUndefined();
});

it("leaves the checksums of what was published", async () => {
  await publish();
  await disk.leave(join(folder, "cut"), "only what was synced");
  const survivor = await openedAt(join(folder, "cut"));
  const files = await survivor.open("m", 1n, { signal });
  expect(files.files.map(({ sha256 }) => sha256)).toEqual(Array(3).fill(expect.stringMatching(/^[0-9a-f]{64}$/)));
  await files[Symbol.asyncDispose]();
  await survivor[Symbol.asyncDispose]();
});

describe("a disk that fails", () => {
  it("at any step of a publish has it rejected with nothing left of it, and the next one succeeds", async () => {
    for (let step = 0; ; step++) {
      const version = BigInt(step);
      let count = 0;
      let failed = "";
      disk.beforeStep = async (name) => {
        // Tidying up must not fail as well, or nothing could be said of what is left.
        if (count++ !== step || name.startsWith("remove ")) return;
        failed = name;
        throw Object.assign(new Error("EIO: i/o error"), { code: "EIO" });
      };
      const outcome = await storage.publish("m", version, filesOf(FILES), { signal }).then(
        () => "published",
        ({ reason }: { reason?: string }) => reason ?? "no reason",
      );
      disk.beforeStep = async () => {};
      if (outcome === "published" && failed === "" && count <= step) break;
      if (failed === "") continue;
      const listed = (await storage.list({ signal })).flatMap(({ versions }) => versions.map((each) => each.version));
      if (outcome === "published") expect(listed, failed).toContain(version);
      else {
        expect(outcome, failed).toBe("STORAGE_UNAVAILABLE");
        expect(listed, failed).not.toContain(version);
        await storage.publish("m", version, filesOf(FILES), { signal });
      }
      expect(await readdir(join(root, ".plinth/work")), failed).toEqual([]);
    }
  });
});

/** Does the work, and tells how the version would be found after a cut before each of its steps, and after the last. */
async function cutAtEachStep(survival: Survival, work: () => Promise<unknown>) {
  const steps: string[] = [];
  const states: (Record<string, string> | undefined)[] = [];
  disk.beforeStep = async (step) => {
    steps.push(step.replaceAll(root, ""));
    states.push(await stateAfterCut(survival));
  };
  await work();
  disk.beforeStep = async () => {};
  states.push(await stateAfterCut(survival));
  return { steps, states };
}

/** What a server that starts after the cut finds of version 1. */
async function stateAfterCut(survival: Survival): Promise<Record<string, string> | undefined> {
  const cut = await mkdtemp(join(folder, "cut-"));
  await disk.leave(cut, survival);
  const survivor = await openedAt(cut);
  try {
    const listed = (await survivor.list({ signal })).some(({ versions }) => versions.length > 0);
    if (!listed) return undefined;
    const files = await survivor.open("m", 1n, { signal });
    const texts = files.files.map(
      async ({ path }) => [path, await readFile(join(files.directory, path), "utf8")] as const,
    );
    const state = Object.fromEntries(await Promise.all(texts));
    await files[Symbol.asyncDispose]();
    return state;
  } finally {
    await survivor[Symbol.asyncDispose]();
    await rm(cut, { recursive: true });
  }
}

async function openedAt(path: string): Promise<DiskStorage> {
  const opened = new DiskStorage({ root: path, settleMs: 2_000 }, silentLogger, CLOCK);
  await opened.start({ signal });
  return opened;
}

async function publish(files = filesOf(FILES), failure?: Error): Promise<void> {
  async function* source() {
    yield* files;
    if (failure) throw failure;
  }
  await storage.publish("m", 1n, source(), { signal });
}

function filesOf(texts: Readonly<Record<string, string>>) {
  return Object.entries(texts).map(([path, text]) => ({ path, content: text === "" ? [] : [Buffer.from(text)] }));
}

function checksummed() {
  return filesOf(FILES).map((file) => ({ ...file, sha256: sha256(Buffer.concat(file.content)) }));
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
