import { useState } from "preact/hooks";
import { Link, useSearchParams } from "wouter-preact";
import { modelPath, send } from "../api/client.js";
import type { List, Revision } from "../api/documents.js";
import { useResource } from "../api/use-resource.js";
import { CompareRevisions } from "../parts/compare-revisions.js";
import { Confirm } from "../parts/confirm.js";
import { describeRevision } from "../parts/describe-revision.js";
import { Difference } from "../parts/difference.js";
import { moment } from "../parts/format.js";
import { Empty, Failure, Loading } from "../parts/notice.js";
import { useTitle } from "../parts/use-title.js";

const PAGE_SIZE = 50;

/** Every change, newest first; of one model or of all, by the address. */
export function HistoryPage() {
  const [search, setSearch] = useSearchParams();
  const model = search.get("model") ?? undefined;
  const before = search.get("before");
  const chosen = Number(search.get("revision") ?? 0);
  const query = new URLSearchParams({ limit: String(PAGE_SIZE) });
  if (before !== null) query.set("before", before);
  // A model that was removed has no history of its own any more; that of all tells of it.
  if (model !== undefined) query.set("model", model);
  const history = useResource<List<Revision>>(`/api/history?${query}`, 5_000);
  useTitle(model === undefined ? "History" : `History of ${model}`);
  const listed = history.document?.items ?? [];
  const isListed = history.document === undefined || listed.some(({ revision }) => revision === chosen);
  const older = useResource<Revision>(chosen > 0 && !isListed ? `/api/history/${chosen}` : undefined, 0);
  // One that an address leads to stands below the others, where it is older than they are.
  const items = older.document === undefined ? listed : [...listed, older.document];
  const last = listed.at(-1);
  return (
    <>
      <div class="title">
        <h1>History{model !== undefined && ` of ${model}`}</h1>
        {model !== undefined && <Link href="/history">of all models</Link>}
      </div>
      <Failure error={history.error} />
      {history.document === undefined && history.error === undefined && <Loading />}
      {history.document !== undefined && items.length === 0 && (
        <Empty>
          Nothing was changed yet. Uploads, labels, traffic and all else that is changed while the server runs stand
          here: who did it, when and why, and the way back.
        </Empty>
      )}
      {items.length > 1 && (
        <CompareRevisions
          from={search.get("from") ?? ""}
          to={search.get("to") ?? ""}
          choose={(from, to) => setSearch((now) => withComparison(now, from, to))}
        />
      )}
      <ol class="revisions">
        {items.map((revision) => (
          <RevisionEntry
            key={revision.revision}
            revision={revision}
            isOpen={revision.revision === chosen}
            changed={history.reload}
          />
        ))}
      </ol>
      <Failure error={older.error} />
      {last !== undefined && listed.length === PAGE_SIZE && (
        <button
          type="button"
          onClick={() =>
            setSearch((now) => {
              now.set("before", String(last.revision));
              return now;
            })
          }
        >
          Older
        </button>
      )}
    </>
  );
}

function withComparison(parameters: URLSearchParams, from: string, to: string): URLSearchParams {
  const changed = new URLSearchParams(parameters);
  changed.set("from", from);
  changed.set("to", to);
  return changed;
}

interface RevisionEntryProps {
  readonly revision: Revision;
  readonly isOpen: boolean;
  readonly changed: () => void;
}

function RevisionEntry({ revision, isOpen, changed }: RevisionEntryProps) {
  const [isAsking, setAsking] = useState(false);
  const { revision: number, model, who, why, at } = revision;
  return (
    <li class="card" id={`revision-${number}`}>
      <details open={isOpen}>
        <summary>
          <strong>#{number}</strong> {model}: {describeRevision(revision)}{" "}
          <span class="quiet">
            by {who}, {moment(at)}
          </span>
        </summary>
        {why !== undefined && <p>“{why}”</p>}
        <Difference before={revision.before} after={revision.after} />
        <div class="buttons">
          <Link href={`/models/${encodeURIComponent(model)}`}>Open the model</Link>
          <button type="button" onClick={() => setAsking(true)}>
            Roll back to this …
          </button>
        </div>
      </details>
      {isAsking && (
        <Confirm
          title={`Put ${model} back to what it was after revision ${number}?`}
          action="Roll back"
          isDangerous
          close={() => setAsking(false)}
          confirm={async (reason) => {
            await send({ method: "POST", path: `${modelPath(model)}/rollback`, body: { to: number }, why: reason });
            changed();
          }}
        >
          <p>This is a change of its own: nothing is lost, and it can be taken back as well.</p>
        </Confirm>
      )}
    </li>
  );
}
