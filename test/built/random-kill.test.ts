import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ROOT } from "../architecture/source-files.js";

const KILLS = 200;

/** Longest that a process may go on after its first change, in milliseconds. */
const LONGEST_LIFE_MS = 120;

interface Revision {
  readonly revision: number;
  readonly action: { readonly kind: string; readonly label?: string; readonly version?: string };
  readonly before: { readonly labels: Record<string, string> };
  readonly after: { readonly labels: Record<string, string> };
}

interface JournalLine {
  readonly complaint?: string;
  readonly found?: Pick<Life, "history" | "labels" | "versions">;
  readonly changed?: Revision;
  readonly published?: string;
}

/** What a process said in its life: what it found when it started, and what it was promised. */
interface Life {
  readonly history: readonly Revision[];
  readonly labels: Record<string, string>;
  readonly versions: readonly string[];
  readonly changed: readonly Revision[];
  readonly published: readonly string[];
}

it(`loses nothing that was promised when it is killed at ${KILLS} random moments`, async () => {
  const folder = await mkdtemp(join(tmpdir(), "plinth-kill-"));
  try {
    const config = join(folder, "config.yaml");
    await writeFile(
      config,
      "storage: { use: disk, root: ./models, settleMs: 0 }\nbackends: []\nprotocols: []\nmodels: {}\n",
    );
    const promised = new Map<number, Revision>();
    const versions = new Set<string>();
    for (let kill = 0; kill <= KILLS; kill++) {
      const life = await liveAndDie(
        config,
        join(folder, "journal"),
        kill === KILLS ? 0 : Math.random() * LONGEST_LIFE_MS,
      );
      check(life, promised, versions);
      for (const revision of life.changed) promised.set(revision.revision, revision);
      for (const version of life.published) versions.add(version);
    }
    expect(promised.size, "changes that were promised").toBeGreaterThan(KILLS);
  } finally {
    await rm(folder, { recursive: true });
  }
});

function check({ history, labels, versions }: Life, promised: Map<number, Revision>, published: Set<string>): void {
  const oldestFirst = history.toReversed();
  const [oldest] = oldestFirst;
  oldestFirst.forEach((revision, index) => {
    expect(revision.revision).toBe((oldest?.revision ?? 0) + index);
    const previous = oldestFirst[index - 1];
    if (previous !== undefined) expect(revision.before).toEqual(previous.after);
    const promise = promised.get(revision.revision);
    if (promise !== undefined) expect(revision).toEqual(promise);
  });
  const newestPromised = Math.max(0, ...promised.keys());
  expect(history[0]?.revision ?? 0).toBeGreaterThanOrEqual(newestPromised);
  expect(labels).toEqual(history[0]?.after.labels ?? {});
  expect(versions).toEqual(expect.arrayContaining([...published]));
}

/** Starts a process, kills it some time after it has begun to change things, and tells what it said. */
async function liveAndDie(config: string, journal: string, lifeMs: number): Promise<Life> {
  const script = join(ROOT, "test", "built", "change-until-killed.mjs");
  const child = spawn(process.execPath, [script, config, journal], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "inherit"],
  });
  child.stdout.once("data", () => setTimeout(() => child.kill("SIGKILL"), lifeMs));
  await once(child, "close");
  const text = await readFile(journal, "utf8");
  await rm(journal);
  const lines = text
    .slice(0, text.lastIndexOf("\n"))
    .split("\n")
    .map((line): JournalLine => JSON.parse(line));
  expect(lines.flatMap(({ complaint }) => complaint ?? [])).toEqual([]);
  const found = lines.find((line) => line.found !== undefined)?.found;
  if (found === undefined) throw new Error("The process ended before it had started");
  return {
    ...found,
    changed: lines.flatMap((line) => line.changed ?? []),
    published: lines.flatMap((line) => line.published ?? []),
  };
}
