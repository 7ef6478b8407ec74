import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ROOT } from "../architecture/source-files.js";

const KILLS = 200;

/** Each life is a process of its own, which a busy machine takes seconds to start. */
const TIMEOUT_MS = 900_000;

/** What processes do, each of it many times. */
const KINDS = ["set-label", "set-traffic", "set-versions", "load", "unload", "rollback", "publish", "remove"];

/** What holds where nothing was changed. */
const DEFAULTS = { served: false, traffic: { split: {} } };

/** Longest that a process may go on after its first change, in milliseconds. */
const LONGEST_LIFE_MS = 120;

/** What was changed, or is to run. */
interface State {
  readonly served?: boolean;
  readonly versions?: unknown;
  readonly loaded: readonly string[];
  readonly unloaded: readonly string[];
  readonly labels: Record<string, string>;
  readonly traffic?: unknown;
}

interface Revision {
  readonly revision: number;
  readonly model: string;
  readonly action: { readonly kind: string; readonly version?: string };
  readonly before: State;
  readonly after: State;
}

interface JournalLine {
  readonly complaint?: string;
  readonly found?: Pick<Life, "history" | "notes" | "drafts">;
  readonly changed?: Revision;
  readonly published?: string;
}

/** What a process found of a model when it started. */
interface Found {
  /** Absent where nothing is known of it. */
  readonly deployment?: State & { readonly revision: number };
  readonly versions: readonly string[];
}

/** What a process said in its life: what it found when it started, and what it was promised. */
interface Life {
  readonly history: readonly Revision[];
  readonly notes: Found;
  /** Removed as a whole now and then. */
  readonly drafts: Found;
  readonly changed: readonly Revision[];
  readonly published: readonly string[];
}

it(
  `loses nothing that was promised when it is killed at ${KILLS} random moments`,
  async () => {
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
      expect(new Set([...promised.values()].map(({ action }) => action.kind))).toEqual(new Set(KINDS));
    } finally {
      await rm(folder, { recursive: true });
    }
  },
  TIMEOUT_MS,
);

function check({ history, notes, drafts }: Life, promised: Map<number, Revision>, published: Set<string>): void {
  const oldestFirst = history.toReversed();
  const [oldest] = oldestFirst;
  oldestFirst.forEach((revision, index) => {
    expect(revision.revision).toBe((oldest?.revision ?? 0) + index);
    const previous = oldestFirst.slice(0, index).findLast(({ model }) => model === revision.model);
    if (previous !== undefined) expect(revision.before).toEqual(previous.after);
    const promise = promised.get(revision.revision);
    if (promise !== undefined) expect(revision).toEqual(promise);
  });
  const newestPromised = Math.max(0, ...promised.keys());
  expect(history[0]?.revision ?? 0).toBeGreaterThanOrEqual(newestPromised);
  const [newest] = history.filter(({ model }) => model === "notes");
  checkDeployment(notes, newest);
  expect(notes.versions).toEqual(expect.arrayContaining([...published]));
  checkDrafts(
    drafts,
    history.filter(({ model }) => model === "drafts"),
  );
}

function checkDeployment({ deployment }: Found, newest: Revision | undefined): void {
  const after = newest?.after ?? { loaded: [], unloaded: [], labels: {} };
  expect(deployment?.revision ?? 0).toBe(newest?.revision ?? 0);
  expect(deployment ?? after).toMatchObject({ ...(deployment && DEFAULTS), ...after });
  expect(deployment?.labels ?? {}).toEqual(after.labels);
}

/** Nothing is left of what was removed, whatever came since is there, and what is being removed is not served. */
function checkDrafts(drafts: Found, history: readonly Revision[]): void {
  const [newest] = history;
  const isRemoved = newest?.action.kind === "remove";
  if (!isRemoved || drafts.versions.length > 0) checkDeployment(drafts, newest);
  else expect(drafts.deployment).toBeUndefined();
  const publishedIn = (revisions: readonly Revision[]) =>
    revisions.flatMap(({ action: { kind, version } }) => (kind === "publish" && version !== undefined ? version : []));
  const removal = history.findIndex(({ action }) => action.kind === "remove");
  const before = removal < 0 ? [] : history.slice(removal);
  for (const version of publishedIn(before)) expect(drafts.versions).not.toContain(version);
  // Once it is out of service a removal may have begun, and what was there may be gone.
  if (newest?.after.served === false) return;
  const since = removal < 0 ? history : history.slice(0, removal);
  expect(drafts.versions).toEqual(expect.arrayContaining([...publishedIn(since)]));
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
