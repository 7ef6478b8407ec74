import { isDeepStrictEqual } from "node:util";
import { PlinthError, type StoredRecord } from "@plinth/core";
import type { BetweenStorages, CopyOutcome } from "./copied.js";

/** Records whose keys begin with the same word, as `deployments`: labels, traffic and their history. They belong together. */
export interface CopiedRecords {
  readonly group: string;
  readonly outcome: CopyOutcome;
  /** In the source. */
  readonly records: number;
  /** Why it failed. */
  readonly error?: PlinthError;
}

/** What two storages have of one group. */
export interface RecordGroup {
  readonly source: number;
  readonly target: number;
  /** With the same key and the same value. */
  readonly equal: number;
  /** With the same key and another value. */
  readonly different: number;
}

/** A record of either storage, or of both under the same key. */
interface RecordPair {
  readonly key: string;
  readonly source: StoredRecord | undefined;
  readonly target: StoredRecord | undefined;
}

/**
 * What is to be done with a group. Logs are numbered, and two that have grown apart cannot be one: it is copied where the target has
 * nothing of it, or only what the source has as well, and then goes on.
 */
export function outcomeOf({ source, target, equal, different }: RecordGroup): Exclude<CopyOutcome, "failed"> {
  if (different > 0 || (target > 0 && equal === 0)) return "different";
  return equal === source ? "equal" : "copied";
}

/** Compares all records, of which none is kept in memory. The target's are not touched where the source has none. */
export async function compareRecords(between: BetweenStorages): Promise<ReadonlyMap<string, RecordGroup>> {
  const groups = new Map<string, RecordGroup>();
  for await (const { key, source, target } of pairs(between)) {
    const before = groups.get(groupOf(key)) ?? { source: 0, target: 0, equal: 0, different: 0 };
    const isEqual = source && target && isDeepStrictEqual(source.value, target.value);
    groups.set(groupOf(key), {
      source: before.source + (source ? 1 : 0),
      target: before.target + (target ? 1 : 0),
      equal: before.equal + (isEqual ? 1 : 0),
      different: before.different + (source && target && !isEqual ? 1 : 0),
    });
  }
  return new Map([...groups].filter(([, { source }]) => source > 0));
}

/** Copies the groups that are to be, in the order of keys, so that whoever follows a log sees it grow. */
export async function copyRecords(
  groups: ReadonlyMap<string, RecordGroup>,
  between: BetweenStorages,
): Promise<readonly CopiedRecords[]> {
  const outcomes = new Map([...groups].map(([group, counts]): [string, CopyOutcome] => [group, outcomeOf(counts)]));
  let error: PlinthError | undefined;
  if ([...outcomes.values()].includes("copied")) {
    try {
      for await (const { key, source, target } of pairs(between)) {
        if (source === undefined || target !== undefined || outcomes.get(groupOf(key)) !== "copied") continue;
        await between.to.records.put(key, source.value, undefined, { signal: between.signal });
      }
    } catch (thrown) {
      between.signal.throwIfAborted();
      error = PlinthError.from(thrown);
    }
  }
  return [...groups].map(([group, { source: records }]) => {
    const outcome = outcomes.get(group) ?? "equal";
    return error && outcome === "copied" ? { group, outcome: "failed", records, error } : { group, outcome, records };
  });
}

/** Both listings at once, in the order of keys. */
async function* pairs({ from, to, signal }: BetweenStorages): AsyncGenerator<RecordPair> {
  const sources = from.records.list("", { signal })[Symbol.asyncIterator]();
  try {
    let source = (await sources.next()).value as StoredRecord | undefined;
    if (source === undefined) return;
    const targets = to.records.list("", { signal })[Symbol.asyncIterator]();
    try {
      let target = (await targets.next()).value as StoredRecord | undefined;
      while (source !== undefined || target !== undefined) {
        const isSource: boolean = source !== undefined && (target === undefined || source.key <= target.key);
        const isTarget: boolean = target !== undefined && (source === undefined || target.key <= source.key);
        const key = (isSource ? source?.key : target?.key) ?? "";
        yield { key, source: isSource ? source : undefined, target: isTarget ? target : undefined };
        if (isSource) source = (await sources.next()).value as StoredRecord | undefined;
        if (isTarget) target = (await targets.next()).value as StoredRecord | undefined;
      }
    } finally {
      await targets.return?.();
    }
  } finally {
    await sources.return?.();
  }
}

function groupOf(key: string): string {
  return key.split("/", 1)[0] ?? key;
}
