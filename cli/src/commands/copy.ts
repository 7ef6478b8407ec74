import { type ModelStorage, PlinthError, type StoredModel, startStorage } from "@plinth/core";
import { CommandFailure, EXIT_FAILED, EXIT_REFUSED, EXIT_USAGE, exitOnError } from "../exit.js";
import { createLogger } from "../logger.js";
import type { OutputFormat } from "../output/output-format.js";
import { printDocument } from "../output/print-document.js";
import { TransferProgress } from "../output/transfer-progress.js";
import { readStorage } from "../storage/read-storage.js";
import type { BetweenStorages } from "../transfer/copied.js";
import { compareRecords, copyRecords, type RecordGroup } from "../transfer/copy-records.js";
import { type Copied, copiedForPeople, copyReport, namesOf } from "../transfer/copy-report.js";
import { type CopiedSideFile, copySideFiles } from "../transfer/copy-side-files.js";
import { type CopiedVersion, copyVersions } from "../transfer/copy-versions.js";
import { type NamedVersion, selectedVersions } from "../transfer/selected-versions.js";
import { untilInterrupted } from "../until-interrupted.js";

interface CopyOptions {
  readonly from: string;
  readonly to: string;
  readonly records: boolean;
  readonly output: OutputFormat;
}

/** Copies models from one storage to another; typed again after an interruption, it goes on where it was. */
export function copyCommand(words: readonly string[], options: CopyOptions): Promise<void> {
  return exitOnError(async () => {
    const [source, target] = [await readStorage("--from", options.from), await readStorage("--to", options.to)];
    const logger = await createLogger("warn", process.stderr.isTTY ? "text" : "json");
    await untilInterrupted("type it again, and it goes on where it was", async (signal) => {
      await using from = await startStorage(source, logger, { signal, readOnly: true });
      checkLasting("--from", from);
      const models = await from.list({ signal, sideFiles: "all" });
      const versions = selectedVersions(models, words);
      await using to = await startStorage(target, logger, { signal });
      checkLasting("--to", to);
      const between = { from, to, signal };
      const withRecords = options.records && words.length === 0;
      const copied = await copyAll(selectedModels(models, versions, words), versions, between, withRecords);
      printDocument(copyReport(copied), options.output, () => copiedForPeople(copied));
      failWhereDue(copied);
    });
  });
}

/** What people expect of a copy is that it is there afterwards. */
function checkLasting(option: string, { isTransient }: ModelStorage): void {
  if (!isTransient) return;
  throw new CommandFailure(
    `${option}: such a storage holds what it has only as long as its server runs, so that there is nothing to copy from or to: name one ` +
      "that lasts, or send a version to the running server with plinth push, and fetch one with plinth pull",
    EXIT_USAGE,
  );
}

/** Those of the versions, and where all is meant, also those that have no versions yet. */
function selectedModels(
  models: readonly StoredModel[],
  versions: readonly NamedVersion[],
  words: readonly string[],
): readonly StoredModel[] {
  const named = new Set(versions.map(({ model }) => model));
  return models.filter(({ model }) => words.length === 0 || named.has(model));
}

/** What lies beside versions first, since whoever serves the target reads it with them; labels last, since they need their versions. */
async function copyAll(
  models: readonly StoredModel[],
  versions: readonly NamedVersion[],
  between: BetweenStorages,
  withRecords: boolean,
): Promise<Copied> {
  const groups = withRecords ? await comparedRecords(between) : new Map<string, RecordGroup>();
  const sideFiles: CopiedSideFile[] = [];
  for await (const each of copySideFiles(models, between)) sideFiles.push(each);
  const copied = await copyWithBar(versions, between);
  const isWhole = copied.every(({ outcome }) => outcome !== "failed");
  return { versions: copied, sideFiles, records: isWhole ? await copyRecords(groups, between) : [] };
}

/** Before anything is copied: whoever moves to another storage is better told at once that labels cannot come along. */
async function comparedRecords(between: BetweenStorages): Promise<ReadonlyMap<string, RecordGroup>> {
  try {
    return await compareRecords(between);
  } catch (thrown) {
    between.signal.throwIfAborted();
    const { message } = PlinthError.from(thrown);
    throw new CommandFailure(
      `Labels, traffic and history cannot be copied: ${message}. Nothing was copied; --no-records copies all but them`,
      EXIT_FAILED,
    );
  }
}

async function copyWithBar(
  versions: readonly NamedVersion[],
  between: BetweenStorages,
): Promise<readonly CopiedVersion[]> {
  const copied: CopiedVersion[] = [];
  let bar: { readonly name: string; readonly progress: TransferProgress; bytes: number } | undefined;
  const progress = ({ model, version }: NamedVersion, bytes: number, totalBytes: number) => {
    const name = `copy ${model}@${version}`;
    if (bar?.name !== name) {
      bar?.progress[Symbol.dispose]();
      bar = { name, progress: new TransferProgress(name, totalBytes), bytes: 0 };
    }
    bar.progress.add(bytes - bar.bytes);
    bar.bytes = bytes;
  };
  try {
    for await (const each of copyVersions(versions, { ...between, progress })) copied.push(each);
    return copied;
  } finally {
    bar?.progress[Symbol.dispose]();
  }
}

function failWhereDue(copied: Copied): void {
  const [failed, different] = [namesOf(copied, "failed"), namesOf(copied, "different")];
  if (failed.length > 0) throw new CommandFailure(`Not copied: ${failed.join(", ")}; see above`, EXIT_FAILED);
  if (different.length === 0) return;
  const withRecords = copied.records.some(({ outcome }) => outcome === "different");
  throw new CommandFailure(
    `The target has something else as ${different.join(", ")}, which was left as it was: ` +
      (withRecords
        ? "two histories cannot be one; --no-records leaves labels, traffic and history out"
        : "remove it there, or publish what you have under another number"),
    EXIT_REFUSED,
  );
}
