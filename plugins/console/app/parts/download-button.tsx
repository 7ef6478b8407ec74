import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { download } from "../api/download.js";
import { Failure } from "./notice.js";

interface DownloadButtonProps {
  /** Of the API. */
  readonly path: string;
  readonly fileName: string;
  readonly children: ComponentChildren;
}

/** Has something of the server saved as a file; says so while it is fetched, and why it could not be. */
export function DownloadButton({ path, fileName, children }: DownloadButtonProps) {
  const [error, setError] = useState<Error>();
  const [isUnderWay, setUnderWay] = useState(false);
  const start = async () => {
    setError(undefined);
    setUnderWay(true);
    try {
      await download(path, fileName);
    } catch (thrown) {
      setError(thrown instanceof Error ? thrown : new Error(String(thrown)));
    }
    setUnderWay(false);
  };
  return (
    <>
      <button type="button" aria-busy={isUnderWay} disabled={isUnderWay} onClick={start}>
        {children}
      </button>
      <Failure error={error} />
    </>
  );
}
