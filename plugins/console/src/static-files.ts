import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { extname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { PlinthError } from "@plinth/core";

/** Where the build puts the pages: beside this package's compiled code, whether this runs from there or from source. */
export const BUILT_PAGES: string = fileURLToPath(new URL("../dist/app/", import.meta.url));

/** Below it, another content has another path. */
export const ASSETS = "assets/";

export interface StaticFile {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly mediaType: string;
  /** A strong one, quoted. */
  readonly etag: string;
  /** Whether another content would have another path. */
  readonly isImmutable: boolean;
}

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** All files of a folder, read once, when the first is asked for. What is asked for is looked up among them and never on the disk. */
export class StaticFiles {
  readonly #folder: string;
  #files: Promise<ReadonlyMap<string, StaticFile>> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @throws PlinthError `INTERNAL` where the pages were not built */
  async file(path: string): Promise<StaticFile | undefined> {
    this.#files ??= readAll(this.#folder);
    try {
      return (await this.#files).get(path);
    } catch (cause) {
      this.#files = undefined;
      throw new PlinthError("INTERNAL", "The console's pages are missing: build them with `npm run build`", { cause });
    }
  }
}

async function readAll(folder: string): Promise<ReadonlyMap<string, StaticFile>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const files = paths.map(async (path): Promise<readonly [string, StaticFile]> => {
    const name = relative(folder, path).split(sep).join("/");
    const body = new Uint8Array(await readFile(path));
    const etag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 27)}"`;
    const mediaType = MEDIA_TYPES[extname(name)] ?? "application/octet-stream";
    return [name, { body, mediaType, etag, isImmutable: name.startsWith(ASSETS) }];
  });
  return new Map(await Promise.all(files));
}
