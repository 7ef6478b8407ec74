import { useState } from "preact/hooks";
import { useSearchParams } from "wouter-preact";
import { ApiError } from "../api/client.js";
import type { List, Model } from "../api/documents.js";
import { useResource } from "../api/use-resource.js";
import { Histogram } from "../journal/histogram.js";
import type { JournalPage } from "../journal/journal-documents.js";
import { JournalEntries } from "../journal/journal-entries.js";
import { JournalEntry } from "../journal/journal-entry.js";
import { JournalFilters } from "../journal/journal-filters.js";
import { JournalGroups } from "../journal/journal-groups.js";
import { type JournalSearch, queryOf, searchOf, withSearch } from "../journal/journal-search.js";
import { useJournal } from "../journal/use-journal.js";
import { DownloadButton } from "../parts/download-button.js";
import { bytes, count } from "../parts/format.js";
import "../journal/journal.css";
import { Failure, Loading } from "../parts/notice.js";
import { useTitle } from "../parts/use-title.js";

/** What went wrong: searched, counted, grouped, one by one, and as it comes. What is looked for stands in the address. */
export function ErrorsPage() {
  useTitle("Errors");
  const [parameters, setParameters] = useSearchParams();
  const [isLive, setLive] = useState(true);
  const search = searchOf(parameters);
  const { page, summary, entries, showMore } = useJournal(search, isLive);
  const models = useResource<List<Model>>("/api/models", 30_000);
  const chosen = parameters.get("entry") ?? undefined;
  if (page.error instanceof ApiError && page.error.reason === "ROUTE_NOT_FOUND") return <NoJournal />;
  const narrow = (changes: Partial<JournalSearch>) => setParameters((now) => withSearch(now, changes));
  const close = () => setParameters((now) => without(now, "entry"));
  return (
    <>
      <div class="title">
        <h1>Errors</h1>
        <label class="toggle">
          <input type="checkbox" checked={isLive} onChange={({ currentTarget }) => setLive(currentTarget.checked)} />{" "}
          Live
        </label>
        <DownloadButton path={`/api/journal/download?${queryOf(search, Date.now())}`} fileName="journal.jsonl">
          Download
        </DownloadButton>
      </div>
      <JournalFilters
        search={search}
        models={(models.document?.items ?? []).map(({ model }) => model)}
        narrow={narrow}
      />
      <Failure error={page.error ?? summary.error} />
      {summary.document !== undefined && (
        <section class="card" aria-labelledby="volume">
          <h2 id="volume">
            {count(summary.document.total)}{" "}
            <span class="quiet">{summary.document.total === 1 ? "entry" : "entries"}</span>
          </h2>
          <Histogram summary={summary.document} choose={(from, to) => narrow({ from, to })} />
          <JournalGroups summary={summary.document} narrow={narrow} />
        </section>
      )}
      <div class={chosen === undefined ? "" : "beside"}>
        {chosen !== undefined && <JournalEntry key={chosen} id={chosen} narrow={narrow} close={close} />}
        <section aria-labelledby="entries">
          <h2 id="entries">One by one</h2>
          {page.document === undefined ? (
            page.error === undefined && <Loading />
          ) : (
            <JournalEntries
              entries={entries}
              chosen={chosen}
              addressOf={(id) => `/errors?${withEntry(parameters, id)}`}
            />
          )}
          {showMore !== undefined && (
            <button type="button" onClick={showMore}>
              Show more
            </button>
          )}
        </section>
      </div>
      {page.document !== undefined && <Kept {...page.document} />}
    </>
  );
}

/** How far back the journal reaches, and what it has lost. */
function Kept({ kept, dropped }: JournalPage) {
  return (
    <p class="quiet">
      {kept.in === "memory" ? (
        <>
          Kept in memory since the server was started, up to {bytes(kept.maxBytes)}. With{" "}
          <code>monitors: [{"{ use: journal }"}]</code> in its configuration it outlives the server.
        </>
      ) : (
        <>
          Kept for {Math.round(kept.maxAgeMs / 86_400_000)} days, up to {bytes(kept.maxBytes)}.
        </>
      )}
      {dropped > 0 && <span class="bad"> {count(dropped)} entries were lost since writing could not keep up.</span>}
    </p>
  );
}

function NoJournal() {
  return (
    <>
      <h1>Errors</h1>
      <section class="card">
        <h2>This server keeps no journal</h2>
        <p>A journal remembers errors, changes and states of versions. It is a monitor that the configuration names:</p>
        <pre>{"monitors:\n  - use: journal\n    directory: ./journal   # beside the configuration"}</pre>
        <p class="quiet">After the next start of the server its errors are here, and under `plinth logs`.</p>
      </section>
    </>
  );
}

function withEntry(parameters: URLSearchParams, id: number): URLSearchParams {
  const changed = new URLSearchParams(parameters);
  changed.set("entry", String(id));
  return changed;
}

function without(parameters: URLSearchParams, key: string): URLSearchParams {
  const changed = new URLSearchParams(parameters);
  changed.delete(key);
  return changed;
}
