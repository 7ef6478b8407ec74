import type { RevisionDocument, RevisionList, TrafficRulesDocument } from "@plinth/management";
import { apiPath } from "../api/management-client.js";
import { exitOnError } from "../exit.js";
import { age } from "../output/age.js";
import { printDocument } from "../output/print-document.js";
import { table } from "../output/table.js";
import { clientOf, type ManagementOptions } from "./management-options.js";

interface HistoryOptions extends ManagementOptions {
  readonly limit: number;
  readonly before?: number;
}

export function historyCommand(model: string | undefined, options: HistoryOptions): Promise<void> {
  return exitOnError(async () => {
    const query = new URLSearchParams({
      limit: String(options.limit),
      ...(options.before !== undefined && { before: String(options.before) }),
    });
    const path = model === undefined ? "/api/history" : apiPath("models", model, "history");
    const page = await clientOf(options).get<RevisionList>(`${path}?${query}`);
    printDocument(page, options.output, ({ items }) =>
      items.length === 0 ? "Nothing was changed." : revisionTable(items),
    );
  });
}

export function rollbackCommand(model: string, revision: number, options: ManagementOptions): Promise<void> {
  return exitOnError(async () => {
    const json = { to: revision };
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
function actionText({ kind, traffic, versions, ...details }: RevisionDocument["action"]): string {
  const words = Object.values(details).flatMap((each) => (typeof each === "boolean" ? [] : [String(each)]));
  return [
    kind,
    ...words,
    ...(kind === "set-traffic" ? trafficWords(traffic) : []),
    ...(kind === "set-versions" ? [policyText(versions)] : []),
  ].join(" ");
}

function trafficWords(rules: unknown): readonly string[] {
  if (rules === undefined) return ["as configured"];
  const { split, stickyBy, shadow } = rules as TrafficRulesDocument;
  const weights = Object.entries(split).map(([target, weight]) => `${target}=${weight}`);
  return [
    ...(weights.length === 0 ? ["newest"] : weights),
    ...(stickyBy === undefined ? [] : [`--sticky-by ${stickyBy}`]),
    ...(shadow === undefined ? [] : [`--shadow ${shadow.to}=${shadow.percent}`]),
  ];
}

function policyText(policy: unknown): string {
  if (policy === undefined) return "as configured";
  if (policy === "all") return "all";
  return Array.isArray(policy)
    ? policy.join(", ") || "none"
    : `latest ${(policy as { readonly latest: number }).latest}`;
}
