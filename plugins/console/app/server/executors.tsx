import { Link } from "wouter-preact";
import type { List, Model, Statistics, VersionStatistics } from "../api/documents.js";
import { count } from "../parts/format.js";
import { Empty } from "../parts/notice.js";
import { number, Table } from "../parts/table.js";

interface ExecutorsProps {
  readonly statistics: Statistics;
  readonly models: List<Model> | undefined;
}

/** Where the versions in memory run, and which of their workers have died. */
export function Executors({ statistics, models }: ExecutorsProps) {
  const inMemory = new Map(
    models?.items.flatMap(({ model, versions: all }) =>
      all
        .filter(({ state }) => state === "available" || state === "unloading")
        .map(({ version, details = {} }) => [`${model}/${version}`, details] as const),
    ),
  );
  const versions = statistics.models
    .flatMap((model) => model.versions)
    .filter(({ model, version, executors }) => executors.died > 0 || inMemory.has(`${model}/${version}`));
  return (
    <section aria-labelledby="executors">
      <h2 id="executors">Executors</h2>
      {versions.length === 0 ? (
        <Empty>No version is in memory.</Empty>
      ) : (
        <Table
          label="Table of executors"
          isStacked
          columns={[
            "Version",
            number("In flight"),
            number("Waiting"),
            number("Workers"),
            number("Deaths"),
            "Loaded as",
          ]}
        >
          {versions.map((version) => (
            <ExecutorRow
              key={`${version.model}/${version.version}`}
              version={version}
              details={inMemory.get(`${version.model}/${version.version}`)}
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
      <td class="number" data-title="In flight">
        {count(inFlight)}
      </td>
      <td class="number" data-title="Waiting">
        {count(queued)}
      </td>
      <td class="number" data-title="Workers">
        {started === 0 ? <span class="quiet">none</span> : count(started)}
      </td>
      <td class={`number ${died > 0 ? "bad" : ""}`} data-title="Deaths">
        {count(died)}
      </td>
      <td class="quiet whole">
        {Object.entries(details ?? {}).map(([what, how]) => (
          <div key={what}>
            {what}: {how}
          </div>
        ))}
      </td>
    </tr>
  );
}
