import type { RevisionDocument, RevisionList } from "@plinth/management";
import { apiPath } from "../api/management-client.js";
import { exitOnError } from "../exit.js";
import { age } from "../output/age.js";
import { printDocument } from "../output/print-document.js";
import { table } from "../output/table.js";
import { clientOf, type ManagementOptions } from "./management-options.js";

interface HistoryOptions extends ManagementOptions {
  readonly limit: string;
  readonly before?: string;
}

export function historyCommand(model: string | undefined, options: HistoryOptions): Promise<void> {
  return exitOnError(async () => {
    const query = new URLSearchParams({
      limit: options.limit,
      ...(options.before !== undefined && { before: options.before }),
    });
    const path = model === undefined ? "/api/history" : apiPath("models", model, "history");
    const page = await clientOf(options).get<RevisionList>(`${path}?${query}`);
    printDocument(page, options.output, ({ items }) =>
      items.length === 0 ? "Nothing was changed." : revisionTable(items),
    );
  });
}

export function rollbackCommand(model: string, revision: string, options: ManagementOptions): Promise<void> {
  return exitOnError(async () => {
    const json = { to: Number(revision) };
    const made = await clientOf(options).change<RevisionDocument>("POST", apiPath("models", model, "rollback"), {
      json,
    });
    printDocument(made, options.output, (each) => revisionTable([each]));
  });
}

export function revisionTable(revisions: readonly RevisionDocument[]): string {
  return table(
    ["revision", "ago", "model", "who", "what", "why"],
    revisions.map(({ revision, at, model, who, action, why = "" }) => [
      String(revision),
      age(at),
      model,
      who,
      actionText(action),
      why,
    ]),
  );
}

/** As `set-label stable 3` or `set-traffic stable=95 canary=5`. */
function actionText({ kind, ...details }: RevisionDocument["action"]): string {
  return [kind, ...Object.values(details).flatMap(wordsOf)].join(" ");
}

function wordsOf(value: unknown): readonly string[] {
  if (typeof value === "boolean" || value === null) return [];
  if (typeof value !== "object") return [String(value)];
  return Object.entries(value).flatMap(([key, each]) =>
    typeof each === "object" ? wordsOf(each) : [Array.isArray(value) ? String(each) : `${key}=${each}`],
  );
}
