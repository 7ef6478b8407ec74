import { ask } from "./client.js";
import { currentToken } from "./token.js";

/**
 * Has the browser save what is at a path of the API. Without a token that is a link like any other. A link cannot show a token, and an
 * address is no place for one: it would stand in histories and logs. So the file is fetched first then, which browsers keep on the disk
 * where it is large, and saved from there.
 */
export async function download(path: string, fileName: string): Promise<void> {
  if (currentToken() === undefined) {
    // Asked first, so that what is wrong is told here and not saved as a file.
    const probe = new AbortController();
    await ask(path, { signal: probe.signal });
    probe.abort();
    save(path, fileName);
    return;
  }
  const url = URL.createObjectURL(await (await ask(path)).blob());
  save(url, fileName);
  // The browser has begun to read it by then.
  window.setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

function save(url: string, fileName: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = fileName;
  link.click();
}
