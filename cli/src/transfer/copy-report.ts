import type { PlinthError } from "@plinth/core";
import { table } from "../output/table.js";
import { formatBytes } from "../output/transfer-progress.js";
import type { CopyOutcome } from "./copied.js";
import type { CopiedRecords } from "./copy-records.js";
import type { CopiedSideFile } from "./copy-side-files.js";
import type { CopiedVersion } from "./copy-versions.js";

/** All that one command has copied, or not. */
export interface Copied {
  readonly versions: readonly CopiedVersion[];
  readonly sideFiles: readonly CopiedSideFile[];
  /** None where a version has failed: labels may need it. */
  readonly records: readonly CopiedRecords[];
}

interface ErrorReport {
  readonly error?: { readonly reason: string; readonly message: string };
}

/** What is printed for programs. */
export interface CopyReport {
  readonly versions: readonly (ErrorReport & {
    readonly model: string;
    /** In digits. */
    readonly version: string;
    readonly outcome: CopyOutcome;
    readonly files: number;
    readonly bytes: number;
  })[];
  readonly sideFiles: readonly (ErrorReport & {
    readonly model: string;
    readonly name: string;
    readonly outcome: CopyOutcome;
    readonly bytes: number;
  })[];
  readonly records: readonly (ErrorReport & {
    readonly group: string;
    readonly outcome: CopyOutcome;
    readonly records: number;
  })[];
}

export function copyReport({ versions, sideFiles, records }: Copied): CopyReport {
  return {
    versions: versions.map(({ version, error, ...each }) => ({ ...each, version: String(version), ...told(error) })),
    sideFiles: sideFiles.map(({ error, ...each }) => ({ ...each, ...told(error) })),
    records: records.map(({ error, ...each }) => ({ ...each, ...told(error) })),
  };
}

export function copiedForPeople({ versions, sideFiles, records }: Copied): string {
  const rows = [
    ...sideFiles.map(({ model, name, bytes, ...each }) => [model, name, saying(each), "1", formatBytes(bytes)]),
    ...versions.map(({ model, version, files, bytes, ...each }) => [
      model,
      String(version),
      saying(each),
      String(files),
      formatBytes(bytes),
    ]),
    ...records.map(({ group, records: count, ...each }) => ["", `${count} records of ${group}`, saying(each), "", ""]),
  ];
  return rows.length === 0 ? "There is nothing to copy" : table(["model", "version", "outcome", "files", "size"], rows);
}

/** What had that outcome, as a person would name it. */
export function namesOf({ versions, sideFiles, records }: Copied, outcome: CopyOutcome): readonly string[] {
  const having = <T extends { readonly outcome: CopyOutcome }>(all: readonly T[]) =>
    all.filter((each) => each.outcome === outcome);
  return [
    ...having(sideFiles).map(({ model, name }) => `${model}/${name}`),
    ...having(versions).map(({ model, version }) => `${model}@${version}`),
    ...having(records).map(({ group }) => `the records of ${group}`),
  ];
}

function saying({ outcome, error }: { readonly outcome: CopyOutcome; readonly error?: PlinthError }): string {
  return error ? `${outcome}: ${error.message}` : outcome;
}

function told(error: PlinthError | undefined): ErrorReport {
  return error === undefined ? {} : { error: { reason: error.reason, message: error.message } };
}
