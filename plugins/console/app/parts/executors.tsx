import { Link } from "wouter-preact";
import type { List, Model, Statistics, VersionStatistics } from "../api/documents.js";
import { count } from "./format.js";
import { Empty } from "./notice.js";
import { number, Table } from "./table.js";

interface ExecutorsProps {
  readonly statistics: Statistics;
  readonly models: List<Model> | undefined;
}

/** Where the versions in memory run, and which of their workers have died. */
export function Executors({ statistics, models }: ExecutorsProps) {
  const versions = statistics.models.flatMap((model) => model.versions);
  const details = new Map(
    models?.items.flatMap((model) =>
      model.versions.map(({ version, details: told }) => [`${model.model}/${version}`, told] as const),
    ),
  );
  return (
    <section aria-labelledby="executors">
      <h2 id="executors">Executors</h2>
      {versions.length === 0 ? (
        <Empty>No version was loaded yet.</Empty>
      ) : (
        <Table
          label="Table of executors"
          columns={["Version", number("In flight"), number("Waiting"), number("Workers"), number("Deaths"), "Runs on"]}
        >
          {versions.map((version) => (
            <ExecutorRow
              key={`${version.model}/${version.version}`}
              version={version}
              details={details.get(`${version.model}/${version.version}`)}
            />
          ))}
        </Table>
      )}
    </section>
  );
}

interface ExecutorRowProps {
  readonly version: VersionStatistics;
  readonly details: Readonly<Record<string, string>> | undefined;
}

function ExecutorRow({ version: { model, version, inFlight, queued, executors }, details }: ExecutorRowProps) {
  const { started, died } = executors;
  return (
    <tr>
      <th scope="row">
        <Link href={`/models/${encodeURIComponent(model)}`}>{model}</Link> {version}
      </th>
      <td class="number">{count(inFlight)}</td>
      <td class="number">{count(queued)}</td>
      <td class="number">{started === 0 ? <span class="quiet">this process</span> : count(started)}</td>
      <td class={`number ${died > 0 ? "bad" : ""}`}>{count(died)}</td>
      <td class="quiet">
        {Object.entries(details ?? {})
          .map(([what, how]) => `${what} ${how}`)
          .join(", ")}
      </td>
    </tr>
  );
}
