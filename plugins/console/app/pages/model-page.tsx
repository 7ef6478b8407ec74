import { useState } from "preact/hooks";
import { Link } from "wouter-preact";
import { ApiError, modelPath } from "../api/client.js";
import type { Model, ModelStatistics } from "../api/documents.js";
import { useResource } from "../api/use-resource.js";
import { Labels } from "../parts/labels.js";
import { ModelActions } from "../parts/model-actions.js";
import { Empty, Failure, Loading } from "../parts/notice.js";
import { UploadDialog } from "../parts/upload-dialog.js";
import { useTitle } from "../parts/use-title.js";
import { VersionCharts } from "../parts/version-charts.js";
import { VersionFigures } from "../parts/version-figures.js";
import { VersionTable } from "../parts/version-table.js";
import { Traffic } from "../traffic/traffic.js";
import { TryIt } from "../try-it/try-it.js";

const NOT_FOUND = 404;

/** One model: its versions, how requests are shared out, how it fares, and a request to try. */
export function ModelPage({ model: name }: { readonly model: string }) {
  const { document: model, error, reload } = useResource<Model>(modelPath(name));
  const statistics = useResource<ModelStatistics>(`${modelPath(name)}/statistics`).document;
  const [isUploading, setUploading] = useState(false);
  useTitle(name);
  if (model === undefined) return error === undefined ? <Loading /> : <NotThere name={name} error={error} />;
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
      {!model.served && (
        <Empty>
          It is not served: who asks for it is refused. Its versions are in the storage, and labels and rules wait until
          it is served again.
        </Empty>
      )}
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

/** What keeps the page's own buttons away, and where it stands. */
function Pins({ pins }: Pick<Model, "pins">) {
  const entries = Object.entries(pins);
  return entries.length === 0 ? null : (
    <p class="quiet">
      The configuration says {entries.map(([what, where]) => `${pinInWords(what)} (${inFile(where)})`).join(", ")}:
      change it there.
    </p>
  );
}

function pinInWords(pin: string): string {
  if (pin === "served") return "that it is served";
  if (pin === "versions") return "which versions are";
  return pin === "traffic" ? "how requests are shared out" : `where the label ${pin.replace(/^labels\./, "")} is`;
}

/** A place without the folders before the file. */
function inFile(place: string): string {
  return place.replace(/^.*[\\/]/, "");
}

function NotThere({ name, error }: { readonly name: string; readonly error: Error }) {
  if (!(error instanceof ApiError && error.status === NOT_FOUND)) return <Failure error={error} />;
  return (
    <>
      <div class="title">
        <h1>{name}</h1>
      </div>
      <Empty>
        There is no model of this name, or not any more. See <Link href="/">the models that there are</Link>, or{" "}
        <Link href={`/history?model=${encodeURIComponent(name)}`}>what became of it</Link>.
      </Empty>
    </>
  );
}
