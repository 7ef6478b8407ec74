import { useEffect, useRef, useState } from "preact/hooks";
import { Link } from "wouter-preact";
import { upload } from "../api/client.js";
import { type ChosenFiles, chosenFiles, droppedFiles } from "./dropped-files.js";
import { bytes, count } from "./format.js";
import { LoadWatch } from "./load-watch.js";
import { Failure } from "./notice.js";

interface UploadDialogProps {
  /** Absent: the page asks for it. */
  readonly model?: string;
  readonly uploaded: () => void;
  readonly close: () => void;
}

const NO_FILES: ChosenFiles = { files: [], folder: undefined };

/** Most files that are named. */
const MAX_NAMED = 4;

/** Takes the files of one version, chosen or dropped, sends them, and shows what becomes of the version. */
export function UploadDialog({ model, uploaded, close }: UploadDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [name, setName] = useState(model ?? "");
  const [{ files }, setFiles] = useState(NO_FILES);
  const [sending, setSending] = useState<{ readonly share: number; readonly cancel: () => void }>();
  const [version, setVersion] = useState<string>();
  const [error, setError] = useState<Error>();
  useEffect(() => dialog.current?.showModal(), []);
  const leaving = useRef<() => void>();
  leaving.current = sending?.cancel;
  // Closed by the Escape key as well, which ends an upload that is under way.
  useEffect(() => () => leaving.current?.(), []);
  const take = (chosen: ChosenFiles) => {
    setFiles(chosen);
    setError(undefined);
    // The folder of a version is a number, and says nothing of the model.
    if (name === "" && chosen.folder !== undefined && !/^\d+$/.test(chosen.folder)) setName(chosen.folder);
  };
  const drop = async (event: DragEvent) => {
    event.preventDefault();
    if (event.dataTransfer === null) return;
    try {
      take(await droppedFiles(event.dataTransfer));
    } catch {
      setError(new Error("The browser could not read what was dropped; choose it by the fields instead."));
    }
  };
  const choose = ({ currentTarget }: { readonly currentTarget: HTMLInputElement }) => {
    if (currentTarget.files !== null) take(chosenFiles(currentTarget.files));
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    const cancelling = new AbortController();
    const cancel = () => cancelling.abort(new Error("Cancelled: nothing of it was kept."));
    const onProgress = (share: number) => setSending({ share, cancel });
    setError(undefined);
    onProgress(0);
    try {
      setVersion(await upload({ model: name, files, onProgress, signal: cancelling.signal }));
      uploaded();
    } catch (thrown) {
      setError(thrown instanceof Error ? thrown : new Error(String(thrown)));
    } finally {
      setSending(undefined);
    }
  };
  return (
    <dialog ref={dialog} onClose={close} aria-labelledby="upload-title">
      <form onSubmit={submit}>
        <h2 id="upload-title">Upload {model === undefined ? "a model" : `a version of ${model}`}</h2>
        {version === undefined ? (
          <>
            {model === undefined && (
              <label class="field">
                Name of the model
                <input required value={name} onInput={({ currentTarget }) => setName(currentTarget.value)} />
              </label>
            )}
            {sending === undefined && (
              // biome-ignore lint/a11y/noStaticElementInteractions: files can be chosen by the two fields as well
              <div class="drop" onDragOver={(event) => event.preventDefault()} onDrop={drop}>
                <p>Drop the files or the folder of one version here, or choose</p>
                <label class="field">
                  files
                  <input type="file" multiple onChange={choose} />
                </label>
                <label class="field">
                  a folder
                  <input type="file" ref={(input) => input?.setAttribute("webkitdirectory", "")} onChange={choose} />
                </label>
              </div>
            )}
            {files.length > 0 && <ChosenList files={files} />}
          </>
        ) : (
          <LoadWatch model={name} version={version} />
        )}
        {sending !== undefined && (
          <>
            <progress max={1} value={sending.share} aria-label="Sent" />
            <p class="quiet" role="status">
              {sending.share < 1 ? `${Math.floor(sending.share * 100)} % sent` : "All is sent; the server stores it."}
            </p>
          </>
        )}
        <Failure error={error} />
        <div class="buttons">
          {version === undefined ? (
            <>
              <button type="button" onClick={sending?.cancel ?? close}>
                Cancel
              </button>
              <button
                type="submit"
                class="primary"
                disabled={files.length === 0 || name === "" || sending !== undefined}
              >
                Upload
              </button>
            </>
          ) : (
            <>
              {model === undefined && <Link href={`/models/${encodeURIComponent(name)}`}>Open the model</Link>}
              <button type="button" class="primary" onClick={close}>
                Close
              </button>
            </>
          )}
        </div>
      </form>
    </dialog>
  );
}

function ChosenList({ files }: Pick<ChosenFiles, "files">) {
  const total = files.reduce((sum, { file }) => sum + file.size, 0);
  const more = files.length - MAX_NAMED;
  return (
    <div role="status" class="chosen">
      <strong>
        {count(files.length)} {files.length === 1 ? "file" : "files"}, {bytes(total)}
      </strong>
      <ul class="plain quiet">
        {files.slice(0, MAX_NAMED).map(({ path }) => (
          <li key={path}>{path}</li>
        ))}
        {more > 0 && <li>and {count(more)} more</li>}
      </ul>
    </div>
  );
}
