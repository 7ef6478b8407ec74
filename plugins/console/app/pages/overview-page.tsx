import { useState } from "preact/hooks";
import { Link } from "wouter-preact";
import type { List, Model, Revision, Statistics } from "../api/documents.js";
import { useResource } from "../api/use-resource.js";
import { type Trouble, troublesOf } from "../overview/attention.js";
import { LatestErrors } from "../overview/latest-errors.js";
import type { MinuteSeries } from "../overview/minute-series.js";
import { ModelTable } from "../overview/model-table.js";
import "../overview/overview.css";
import { Tiles } from "../overview/tiles.js";
import { describeRevision } from "../parts/describe-revision.js";
import { ago } from "../parts/format.js";
import { Empty, Failure, Loading } from "../parts/notice.js";
import { UploadDialog } from "../parts/upload-dialog.js";
import { useTitle } from "../parts/use-title.js";

const SLOWLY_MS = 10_000;

/** Every model at a glance, what is broken and why, and what was changed lately. */
export function OverviewPage() {
  useTitle("Models");
  const models = useResource<List<Model>>("/api/models");
  const statistics = useResource<Statistics>("/api/statistics");
  const series = useResource<MinuteSeries>("/api/statistics/series", SLOWLY_MS);
  const [isUploading, setUploading] = useState(false);
  const all = models.document?.items ?? [];
  const hours = new Map(series.document?.models.map(({ model, points }) => [model, points]));
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
      {statistics.document !== undefined && <Tiles models={all} statistics={statistics.document} />}
      <Attention troubles={troublesOf(all, statistics.document)} />
      {models.document === undefined ? (
        models.error === undefined && <Loading />
      ) : all.length === 0 ? (
        <Empty>There is no model yet. Upload one, or copy one into the storage.</Empty>
      ) : (
        <ModelTable models={all} statistics={statistics.document?.models ?? []} series={hours} />
      )}
      <div class="columns">
        <LatestErrors />
        <LatestChanges />
      </div>
    </>
  );
}

function Attention({ troubles }: { readonly troubles: readonly Trouble[] }) {
  if (troubles.length === 0) return null;
  return (
    <section class="card bad" aria-labelledby="broken">
      <h2 id="broken">Needs attention</h2>
      <ul class="troubles">
        {troubles.map(({ model, why }) => (
          <li key={`${model} ${why}`}>
            {model === undefined ? "The server" : <Link href={`/models/${encodeURIComponent(model)}`}>{model}</Link>}:{" "}
            {why}{" "}
            <Link href={model === undefined ? "/errors" : `/errors?model=${encodeURIComponent(model)}`}>
              Errors <span class="hidden">of {model ?? "the server"}</span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

function LatestChanges() {
  const { document } = useResource<List<Revision>>("/api/history?limit=5", SLOWLY_MS);
  return (
    <section class="card" aria-labelledby="lately">
      <h2 id="lately">Changed lately</h2>
      {document?.items.length === 0 && <Empty>Nothing was changed yet.</Empty>}
      <ul class="plain">
        {document?.items.map((revision) => (
          <li key={revision.revision}>
            <Link href={`/history?revision=${revision.revision}`}>#{revision.revision}</Link> {revision.model}:{" "}
            {describeRevision(revision)}{" "}
            <span class="quiet">
              by {revision.who}, {ago(revision.at)}
            </span>
          </li>
        ))}
      </ul>
      {(document?.items.length ?? 0) > 0 && <Link href="/history">All changes</Link>}
    </section>
  );
}
