import type { JournalEntry, JournalSummaryDocument } from "@plinth/monitor-journal";
import { stringify } from "yaml";
import { age } from "./age.js";
import { table } from "./table.js";

/** How often what happened, for people. */
export function groupsText({ groups, total, otherGroups, lookedBackTo }: JournalSummaryDocument): string {
  if (groups.length === 0) return "Nothing was found.";
  const rows = groups.map(({ count, level, reason, kind, model = "", version = "", lastAt, lastId, message }) => [
    String(count),
    level,
    reason ?? kind,
    version === "" ? model : `${model} ${version}`,
    age(lastAt),
    String(lastId),
    message.length > 80 ? `${message.slice(0, 79)}…` : message,
  ]);
  const notes = [
    ...(otherGroups > 0 ? ["There are more than these; narrow the search to see them."] : []),
    ...(lookedBackTo === undefined
      ? []
      : [`There was too much to be counted: what is older than ${lookedBackTo} is not in it.`]),
  ];
  return [
    table(["times", "level", "reason", "of", "last", "entry", "message"], rows),
    `${total} in all`,
    ...notes,
  ].join("\n");
}

/** All that is known of an entry: its facts, then what is long, line by line. Nothing in it may move the cursor. */
export function entryText({ stack, inputs, outputs, details, ...facts }: JournalEntry): string {
  const { _links: _, ...known } = facts as typeof facts & { readonly _links?: unknown };
  const long = { ...(details && { details }), ...(inputs && { inputs }), ...(outputs && { outputs }) };
  const lines = stack === undefined ? [] : ["stack:", ...stack.split("\n").map((line) => `  ${line}`)];
  const parts = [stringify(known), Object.keys(long).length === 0 ? "" : stringify(long), lines.join("\n")];
  return parts.join("").replace(/[^\P{Cc}\n]|[\u2028\u2029]/gu, " ");
}
