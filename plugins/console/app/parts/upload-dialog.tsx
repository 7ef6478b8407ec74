import { useEffect, useRef, useState } from "preact/hooks";
import { upload } from "../api/client.js";
import { chosenFiles, droppedFiles, type PathedFile } from "./dropped-files.js";
import { bytes, count } from "./format.js";
import { Failure } from "./notice.js";

interface UploadDialogProps {
  /** Absent: the page asks for it. */
  readonly model?: string;
  readonly uploaded: () => void;
  readonly close: () => void;
}

/** Takes the files of one version, chosen or dropped, and sends them. */
export function UploadDialog({ model, uploaded, close }: UploadDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [name, setName] = useState(model ?? "");
  const [files, setFiles] = useState<readonly PathedFile[]>([]);
  const [sent, setSent] = useState<number>();
  const [error, setError] = useState<Error>();
  useEffect(() => dialog.current?.showModal(), []);
  const drop = async (event: DragEvent) => {
    event.preventDefault();
    if (event.dataTransfer !== null) setFiles(await droppedFiles(event.dataTransfer));
  };
  const choose = ({ currentTarget }: { readonly currentTarget: HTMLInputElement }) => {
    if (currentTarget.files !== null) setFiles(chosenFiles(currentTarget.files));
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    setError(undefined);
    setSent(0);
    try {
      await upload(name, undefined, files, setSent);
      uploaded();
      close();
    } catch (thrown) {
      setError(thrown instanceof Error ? thrown : new Error(String(thrown)));
      setSent(undefined);
    }
  };
  const total = files.reduce((sum, { file }) => sum + file.size, 0);
  return (
    <dialog ref={dialog} onClose={close} aria-labelledby="upload-title">
      <form onSubmit={submit}>
        <h2 id="upload-title">Upload {model === undefined ? "a model" : `a version of ${model}`}</h2>
        {model === undefined && (
          <label class="field">
            Name of the model
            <input required value={name} onInput={({ currentTarget }) => setName(currentTarget.value)} />
          </label>
        )}
        {/* biome-ignore lint/a11y/noStaticElementInteractions: files can be chosen by the two fields as well */}
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
        {files.length > 0 && (
          <p role="status">
            {count(files.length)} {files.length === 1 ? "file" : "files"}, {bytes(total)}
          </p>
        )}
        {sent !== undefined && <progress max={1} value={sent} aria-label="Sent" />}
        <Failure error={error} />
        <div class="buttons">
          <button type="button" onClick={close}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={files.length === 0 || name === "" || sent !== undefined}>
            Upload
          </button>
        </div>
      </form>
    </dialog>
  );
}
