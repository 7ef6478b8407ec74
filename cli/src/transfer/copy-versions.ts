import { type ModelStorage, PlinthError } from "@plinth/core";
import { type BetweenStorages, type CopyOutcome, endsAll } from "./copied.js";
import { OpenedVersion } from "./opened-version.js";
import type { NamedVersion } from "./selected-versions.js";

export interface CopiedVersion extends NamedVersion {
  readonly outcome: CopyOutcome;
  readonly files: number;
  readonly bytes: number;
  /** Why it failed. */
  readonly error?: PlinthError;
}

export interface Copying extends BetweenStorages {
  /** Told as a version is begun, and how many of its bytes the target has. */
  readonly progress: (version: NamedVersion, bytes: number, totalBytes: number) => void;
}

/** Copies versions one after the other. What was copied stays; a version that cannot be does not keep the others from it. */
export async function* copyVersions(
  versions: readonly NamedVersion[],
  copying: Copying,
): AsyncGenerator<CopiedVersion> {
  const { from, to, signal } = copying;
  const there = await versionsOf(to, signal);
  for (const named of versions) {
    signal.throwIfAborted();
    let size = { files: 0, bytes: 0 };
    try {
      await using source = await OpenedVersion.open(from, named, signal);
      size = { files: source.files.length, bytes: source.bytes };
      const outcome = there.has(keyOf(named))
        ? await comparedOutcome(source, named, copying)
        : await copyVersion(source, named, copying);
      yield { ...named, ...size, outcome };
    } catch (thrown) {
      signal.throwIfAborted();
      const error = PlinthError.from(thrown);
      yield { ...named, ...size, outcome: "failed", error };
      if (endsAll(error)) return;
    }
  }
}

async function copyVersion(source: OpenedVersion, named: NamedVersion, copying: Copying): Promise<CopyOutcome> {
  const { to, signal, progress } = copying;
  const totalBytes = source.bytes;
  progress(named, 0, totalBytes);
  try {
    await to.publish(named.model, named.version, source.incoming(signal), {
      signal,
      onProgress: (bytes) => progress(named, bytes, totalBytes),
    });
    return "copied";
  } catch (thrown) {
    // Somebody else was first.
    if (PlinthError.from(thrown).reason === "VERSION_EXISTS") return comparedOutcome(source, named, copying);
    throw thrown;
  }
}

async function comparedOutcome(
  source: OpenedVersion,
  named: NamedVersion,
  { to, signal }: Copying,
): Promise<CopyOutcome> {
  await using target = await OpenedVersion.open(to, named, signal);
  return (await source.equals(target, signal)) ? "equal" : "different";
}

async function versionsOf(storage: ModelStorage, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const listed = await storage.list({ signal });
  return new Set(listed.flatMap(({ model, versions }) => versions.map(({ version }) => keyOf({ model, version }))));
}

function keyOf({ model, version }: NamedVersion): string {
  return `${model}@${version}`;
}
