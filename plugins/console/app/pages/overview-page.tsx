import { useState } from "preact/hooks";
import { Link } from "wouter-preact";
import type { List, Model, ModelStatistics, Revision, Statistics, VersionStatistics } from "../api/documents.js";
import { useResource } from "../api/use-resource.js";
import { describeRevision } from "../parts/describe-revision.js";
import { ago, duration, rate, share } from "../parts/format.js";
import { Empty, Failure, Loading } from "../parts/notice.js";
import { lastHour, requestsPerSecond, valuesAt } from "../parts/series.js";
import { Sparkline } from "../parts/sparkline.js";
import { StateBadge } from "../parts/state-badge.js";
import { number, Table } from "../parts/table.js";
import { UploadDialog } from "../parts/upload-dialog.js";

const SLOWLY_MS = 10_000;

/** Every model at a glance, what is broken, and what was changed lately. */
export function OverviewPage() {
  const models = useResource<List<Model>>("/api/models");
  const statistics = useResource<Statistics>("/api/statistics");
  const history = useResource<List<Revision>>("/api/history?limit=5", SLOWLY_MS);
  const [isUploading, setUploading] = useState(false);
  const broken = (models.document?.items ?? []).filter((model) => whyBroken(model) !== undefined);
  return (
    <>
      <div class="title">
        <h1>Models</h1>
        <button type="button" class="primary" onClick={() => setUploading(true)}>
          Upload a model
        </button>
      </div>
      {isUploading && <UploadDialog uploaded={models.reload} close={() => setUploading(false)} />}
      <Failure error={models.error} />
      {broken.length > 0 && (
        <section class="card bad" aria-labelledby="broken">
          <h2 id="broken">Needs attention</h2>
          <ul>
            {broken.map((model) => (
              <li key={model.model}>
                <ModelLink model={model.model} />: {whyBroken(model)}
              </li>
            ))}
          </ul>
        </section>
      )}
      {models.document === undefined ? (
        models.error === undefined && <Loading />
      ) : models.document.items.length === 0 ? (
        <Empty>There is no model yet. Upload one, or copy one into the storage.</Empty>
      ) : (
        <ModelTable models={models.document.items} statistics={statistics.document?.models ?? []} />
      )}
      <section class="card" aria-labelledby="lately">
        <h2 id="lately">Changed lately</h2>
        {history.document?.items.length === 0 && <Empty>Nothing was changed yet.</Empty>}
        <ul class="plain">
          {history.document?.items.map((revision) => (
            <li key={revision.revision}>
              <Link href={`/history?revision=${revision.revision}`}>#{revision.revision}</Link> {revision.model}:{" "}
              {describeRevision(revision)}{" "}
              <span class="quiet">
                by {revision.who}, {ago(revision.at)}
              </span>
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}

function ModelTable({
  models,
  statistics,
}: {
  readonly models: readonly Model[];
  readonly statistics: readonly ModelStatistics[];
}) {
  const byModel = new Map(statistics.map((each) => [each.model, each.versions]));
  return (
    <Table
      label="Table of models"
      columns={["Model", "Versions", number("Requests"), number("Errors"), number("p95"), "Last hour"]}
    >
      {models.map((model) => (
        <ModelRow key={model.model} model={model} statistics={byModel.get(model.model) ?? []} />
      ))}
    </Table>
  );
}

function ModelRow({ model, statistics }: { readonly model: Model; readonly statistics: readonly VersionStatistics[] }) {
  const minutes = statistics.map(({ minute }) => minute);
  const requests = minutes.reduce((sum, { requests }) => sum + requests, 0);
  const perSecond = minutes.reduce((sum, { requestsPerSecond }) => sum + requestsPerSecond, 0);
  const failed = minutes.reduce((sum, { failed }) => sum + failed, 0);
  const slowest = Math.max(...minutes.map(({ latency }) => latency?.p95 ?? -1), -1);
  const shown = model.versions.filter(({ state }) => state !== "stored" && state !== "end");
  return (
    <tr>
      <th scope="row">
        <ModelLink model={model.model} />
      </th>
      <td>
        {shown.length === 0 && <span class="quiet">none in service</span>}
        {shown.map((version) => (
          <span key={version.version} class="version">
            {version.version} <StateBadge {...version} />
          </span>
        ))}
      </td>
      <td class="number">{rate(perSecond)}</td>
      <td class={`number ${failed > 0 ? "bad" : ""}`}>{share(failed, requests)}</td>
      <td class="number">{duration(slowest < 0 ? undefined : slowest)}</td>
      <td>
        <ModelSparkline model={model.model} version={busiest(statistics)} />
      </td>
    </tr>
  );
}

/** Requests of the version that had the most of them. */
function ModelSparkline({ model, version }: { readonly model: string; readonly version: string | undefined }) {
  const path =
    version === undefined ? undefined : `/api/models/${encodeURIComponent(model)}/versions/${version}/statistics`;
  const { document } = useResource<VersionStatistics>(path, SLOWLY_MS);
  if (document === undefined) return null;
  const values = valuesAt(lastHour(Date.now()), document.series ?? [], requestsPerSecond, 0);
  return <Sparkline values={values} label={`Requests to ${model} version ${version} in the last hour`} />;
}

function ModelLink({ model }: { readonly model: string }) {
  return <Link href={`/models/${encodeURIComponent(model)}`}>{model}</Link>;
}

function busiest(statistics: readonly VersionStatistics[]): string | undefined {
  return [...statistics].sort((left, right) => right.hour.requests - left.hour.requests)[0]?.version;
}

function whyBroken({ served, ready, error, versions }: Model): string | undefined {
  if (!served) return undefined;
  const failed = versions.find((version) => version.error !== undefined);
  if (error !== undefined) return error.message;
  if (failed !== undefined) return `version ${failed.version}: ${failed.error?.message}`;
  return ready ? undefined : "no version of it can answer";
}
