import { useState } from "preact/hooks";
import { modelPath, send } from "../api/client.js";
import type { Model, ModelStatistics, Version, Window } from "../api/documents.js";
import { Confirm } from "./confirm.js";
import { DownloadButton } from "./download-button.js";
import { ago, duration, rate, share } from "./format.js";
import { StateBadge } from "./state-badge.js";
import { type Column, number, Table } from "./table.js";

interface VersionTableProps {
  readonly model: Model;
  readonly statistics: ModelStatistics | undefined;
  readonly changed: () => void;
}

type Action = "load" | "unload" | "remove";

interface Asked {
  readonly action: Action;
  readonly version: string;
}

const TITLES: Readonly<Record<Action, (version: string, model: string) => string>> = {
  load: (version, model) => `Load version ${version} of ${model}?`,
  unload: (version, model) => `Unload version ${version} of ${model}?`,
  remove: (version, model) => `Remove version ${version} of ${model} from the storage, for good?`,
};

const COLUMNS: readonly (string | Column)[] = [
  "Version",
  "State",
  "Labels",
  number("Requests"),
  number("Errors"),
  number("p50"),
  number("p99"),
  { title: "Actions", isHidden: true },
];

const WORDS: Readonly<Record<Action, string>> = { load: "Load", unload: "Unload", remove: "Remove" };

/** Every version with its state, what it does at the moment, and what can be done with it. */
export function VersionTable({ model, statistics, changed }: VersionTableProps) {
  const [asked, setAsked] = useState<Asked>();
  const minutes = new Map(statistics?.versions.map(({ version, minute }) => [version, minute]));
  return (
    <section aria-labelledby="versions">
      <h2 id="versions">Versions</h2>
      <Table label="Table of versions" columns={COLUMNS} isStacked>
        {model.versions.map((version) => (
          <VersionRow
            key={version.version}
            model={model.model}
            version={version}
            minute={minutes.get(version.version)}
            ask={setAsked}
          />
        ))}
      </Table>
      {asked !== undefined && (
        <Confirm
          title={TITLES[asked.action](asked.version, model.model)}
          action={WORDS[asked.action]}
          isDangerous={asked.action !== "load"}
          close={() => setAsked(undefined)}
          confirm={async (why) => {
            await change(model, asked, why);
            changed();
          }}
        />
      )}
    </section>
  );
}

function change({ model, revision }: Model, { action, version }: Asked, why: string): Promise<unknown> {
  const path = `${modelPath(model)}/versions/${version}`;
  return action === "remove"
    ? send({ method: "DELETE", path, revision, why })
    : send({ method: "POST", path: `${path}/${action}`, revision, why });
}

interface VersionRowProps {
  readonly model: string;
  readonly version: Version;
  readonly minute: Window | undefined;
  readonly ask: (asked: Asked) => void;
}

function VersionRow({ model, version: entry, minute, ask }: VersionRowProps) {
  const { version, state, since, labels, error } = entry;
  const isThere = state === "available" || state === "loading" || state === "start";
  return (
    <tr>
      <th scope="row" data-title="Version">
        {version}
      </th>
      <td class="whole">
        <StateBadge {...entry} /> {since !== undefined && <span class="quiet">{ago(since)}</span>}
        {error !== undefined && <p class="bad">{error.message}</p>}
      </td>
      <td class="whole" {...(labels.length > 0 && { "data-title": "Labels" })}>
        {labels.join(", ")}
      </td>
      <td class="number" data-title="Requests">
        {minute === undefined ? "–" : rate(minute.requestsPerSecond)}
      </td>
      <td class={`number ${(minute?.failed ?? 0) > 0 ? "bad" : ""}`} data-title="Errors">
        {minute === undefined ? "–" : share(minute.failed, minute.requests)}
      </td>
      <td class="number" data-title="p50">
        {duration(minute?.latency?.p50)}
      </td>
      <td class="number" data-title="p99">
        {duration(minute?.latency?.p99)}
      </td>
      <td class="whole">
        <div class="buttons">
          <DownloadButton path={`${modelPath(model)}/versions/${version}/content`} fileName={`${model}-${version}.tar`}>
            Download <span class="hidden">version {version}</span>
          </DownloadButton>
          <button type="button" onClick={() => ask({ action: isThere ? "unload" : "load", version })}>
            {isThere ? "Unload" : "Load"} <span class="hidden">version {version}</span>
          </button>
          <button type="button" class="danger" onClick={() => ask({ action: "remove", version })}>
            Remove <span class="hidden">version {version}</span>
          </button>
        </div>
      </td>
    </tr>
  );
}
