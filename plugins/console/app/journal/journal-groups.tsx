import { ago, count } from "../parts/format.js";
import { Empty } from "../parts/notice.js";
import { number, Table } from "../parts/table.js";
import type { Group, JournalSummary } from "./journal-documents.js";
import type { JournalSearch } from "./journal-search.js";
import { LevelBadge } from "./level-badge.js";

interface JournalGroupsProps {
  readonly summary: JournalSummary;
  readonly narrow: (changes: Partial<JournalSearch>) => void;
}

/** What happened most, by its reason and the version that it happened to. */
export function JournalGroups({ summary: { groups, otherGroups, lookedBackTo }, narrow }: JournalGroupsProps) {
  if (groups.length === 0) return <Empty>Nothing of that kind has happened.</Empty>;
  return (
    <>
      <Table label="Table of reasons" columns={[number("Times"), "Reason", "Of", "Newest"]} isStacked>
        {groups.map((group) => (
          <GroupRow
            key={JSON.stringify([group.reason, group.kind, group.model, group.version])}
            group={group}
            narrow={narrow}
          />
        ))}
      </Table>
      {otherGroups > 0 && <p class="quiet">There are more than these; narrow the search to see them.</p>}
      {lookedBackTo !== undefined && (
        <p class="quiet">
          There is too much to be counted at once: what is older than {ago(lookedBackTo)} is not in it.
        </p>
      )}
    </>
  );
}

function GroupRow({ group, narrow }: { readonly group: Group } & Pick<JournalGroupsProps, "narrow">) {
  const { kind, reason = "", model = "", version = "", level, lastAt, message } = group;
  return (
    <tr>
      <td class="number" data-title="Times">
        {count(group.count)}
      </td>
      <th scope="row">
        <button type="button" class="plain" onClick={() => narrow({ kind, reason, model, version })}>
          <LevelBadge level={level}>{reason || kind}</LevelBadge>
        </button>
      </th>
      <td class="whose whole">{whose(group)}</td>
      <td class="wide whole">
        <span class="quiet">{ago(lastAt)}</span> <span class="message">{message}</span>
      </td>
    </tr>
  );
}

/** Whom something happened to. */
export function whose({ kind, model, version }: Pick<Group, "kind" | "model" | "version">): string {
  if (model === undefined) return kind === "failure" ? "no model" : "the server";
  return version === undefined ? model : `${model}, version ${version}`;
}
