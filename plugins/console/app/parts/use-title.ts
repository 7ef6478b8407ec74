import { useEffect } from "preact/hooks";

/** What the tab, the browser's history and who cannot see the page are told that it is. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} – Plinth`;
  }, [title]);
}
