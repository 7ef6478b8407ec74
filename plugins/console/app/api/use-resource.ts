import { useCallback, useEffect, useState } from "preact/hooks";
import { read } from "./client.js";

export interface Resource<Document> {
  /** The newest that came; stays while a later look fails. */
  readonly document: Document | undefined;
  readonly error: Error | undefined;
  readonly reload: () => void;
}

/** Looks at a resource of the API again and again while the page is seen, or once; `undefined`: at none. @param everyMs 0: once */
export function useResource<Document>(path: string | undefined, everyMs = 2_000): Resource<Document> {
  const [state, setState] = useState<{ path?: string; document?: Document; error?: Error }>({});
  const [asked, setAsked] = useState(0);
  const reload = useCallback(() => setAsked((count) => count + 1), []);
  useEffect(() => {
    if (path === undefined) return;
    const leaving = new AbortController();
    let timer: number | undefined;
    const look = async () => {
      try {
        const document = await read<Document>(path, leaving.signal);
        setState({ path, document });
      } catch (thrown) {
        if (leaving.signal.aborted) return;
        const error = thrown instanceof Error ? thrown : new Error(String(thrown));
        setState((before) => ({ ...(before.path === path && before), path, error }));
      }
      if (everyMs > 0) timer = window.setTimeout(lookIfSeen, everyMs);
    };
    const lookIfSeen = () => {
      if (document.visibilityState === "visible") void look();
      else document.addEventListener("visibilitychange", lookIfSeen, { once: true, signal: leaving.signal });
    };
    void look();
    return () => {
      leaving.abort();
      window.clearTimeout(timer);
    };
  }, [path, everyMs, asked]);
  const isOfPath = state.path === path;
  return { document: isOfPath ? state.document : undefined, error: isOfPath ? state.error : undefined, reload };
}
