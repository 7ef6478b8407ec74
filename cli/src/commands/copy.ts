import { type ModelStorage, startStorage } from "@plinth/core";
import { CommandFailure, EXIT_FAILED, EXIT_REFUSED, exitOnError } from "../exit.js";
import { createLogger } from "../logger.js";
import { type OutputFormat, printDocument } from "../output/print-document.js";
import { table } from "../output/table.js";
import { formatBytes, TransferProgress } from "../output/transfer-progress.js";
import { readStorage } from "../storage/read-storage.js";
import { type CopiedVersion, copyVersions } from "../transfer/copy-versions.js";
import { type NamedVersion, selectedVersions } from "../transfer/selected-versions.js";
import { untilInterrupted } from "../until-interrupted.js";

interface CopyOptions {
  readonly from: string;
  readonly to: string;
  readonly output: OutputFormat;
}

/** What is printed for programs. */
interface CopyReport {
  readonly versions: readonly {
    readonly model: string;
    /** In digits. */
    readonly version: string;
    readonly outcome: CopiedVersion["outcome"];
    readonly files: number;
    readonly bytes: number;
    readonly error?: { readonly reason: string; readonly message: string };
  }[];
}

/** Copies versions from one storage to another; typed again after an interruption, it goes on where it was. */
export function copyCommand(words: readonly string[], options: CopyOptions): Promise<void> {
  return exitOnError(async () => {
    const [source, target] = [await readStorage("--from", options.from), await readStorage("--to", options.to)];
    const logger = await createLogger("warn", process.stderr.isTTY ? "text" : "json");
    await untilInterrupted("type it again, and it goes on where it was", async (signal) => {
      await using from = await startStorage(source, logger, { signal, readOnly: true });
      const versions = selectedVersions(await from.list({ signal }), words);
      await using to = await startStorage(target, logger, { signal });
      const copied = await copyAll(versions, from, to, signal);
      printDocument(reportOf(copied), options.output, forPeople);
      failWhereDue(copied);
    });
  });
}

async function copyAll(
  versions: readonly NamedVersion[],
  from: ModelStorage,
  to: ModelStorage,
  signal: AbortSignal,
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
    for await (const each of copyVersions(versions, { from, to, signal, progress })) copied.push(each);
    return copied;
  } finally {
    bar?.progress[Symbol.dispose]();
  }
}

function reportOf(copied: readonly CopiedVersion[]): CopyReport {
  return {
    versions: copied.map(({ model, version, outcome, files, bytes, error }) => ({
      model,
      version: String(version),
      outcome,
      files,
      bytes,
      ...(error && { error: { reason: error.reason, message: error.message } }),
    })),
  };
}

function forPeople({ versions }: CopyReport): string {
  if (versions.length === 0) return "There is nothing to copy";
  const rows = versions.map(({ model, version, outcome, files, bytes, error }) => [
    model,
    version,
    error ? `${outcome}: ${error.message}` : outcome,
    String(files),
    formatBytes(bytes),
  ]);
  return table(["model", "version", "outcome", "files", "size"], rows);
}

function failWhereDue(copied: readonly CopiedVersion[]): void {
  const namesOf = (outcome: CopiedVersion["outcome"]) =>
    copied.filter((each) => each.outcome === outcome).map(({ model, version }) => `${model}@${version}`);
  const [failed, different] = [namesOf("failed"), namesOf("different")];
  if (failed.length > 0) throw new CommandFailure(`Not copied: ${failed.join(", ")}; see above`, EXIT_FAILED);
  if (different.length === 0) return;
  throw new CommandFailure(
    `The target has other files as ${different.join(", ")}, which were left as they are: remove them there, or publish what ` +
      "you have under another number",
    EXIT_REFUSED,
  );
}
