import { useState } from "preact/hooks";
import { Link } from "wouter-preact";
import { modelPath } from "../api/client.js";
import type { Model, ModelStatistics } from "../api/documents.js";
import { useResource } from "../api/use-resource.js";
import { Labels } from "../parts/labels.js";
import { ModelActions } from "../parts/model-actions.js";
import { Failure, Loading } from "../parts/notice.js";
import { UploadDialog } from "../parts/upload-dialog.js";
import { VersionCharts } from "../parts/version-charts.js";
import { VersionFigures } from "../parts/version-figures.js";
import { VersionTable } from "../parts/version-table.js";
import { Traffic } from "../traffic/traffic.js";
import { TryIt } from "../try-it/try-it.js";

/** One model: its versions, how requests are shared out, how it fares, and a request to try. */
export function ModelPage({ model: name }: { readonly model: string }) {
  const { document: model, error, reload } = useResource<Model>(modelPath(name));
  const statistics = useResource<ModelStatistics>(`${modelPath(name)}/statistics`).document;
  const [isUploading, setUploading] = useState(false);
  if (model === undefined) return error === undefined ? <Loading /> : <Failure error={error} />;
  return (
    <>
      <div class="title">
        <h1>{name}</h1>
        <Link href={`/history?model=${encodeURIComponent(name)}`}>History</Link>
        <button type="button" onClick={() => setUploading(true)}>
          Upload a version
        </button>
        <ModelActions model={model} changed={reload} />
      </div>
      {isUploading && <UploadDialog model={name} uploaded={reload} close={() => setUploading(false)} />}
      <Failure error={error} />
      {model.error !== undefined && (
        <p class="failure" role="alert">
          {model.error.message}
        </p>
      )}
      <VersionTable model={model} statistics={statistics} changed={reload} />
      <VersionCharts model={model} />
      <div class="columns">
        <VersionFigures model={model} statistics={statistics} />
        <Labels model={model} changed={reload} />
      </div>
      <Traffic model={model} changed={reload} />
      <TryIt model={model} />
      <Pins {...model} />
    </>
  );
}

function Pins({ pins }: Pick<Model, "pins">) {
  const entries = Object.entries(pins);
  return entries.length === 0 ? null : (
    <p class="quiet">
      The configuration pins {entries.map(([what, where]) => `${what} (${where})`).join(", ")}: change it there.
    </p>
  );
}
