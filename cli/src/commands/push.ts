import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Published } from "@plinth/management";
import { type Pack, pack } from "tar-stream";
import { apiPath } from "../api/management-client.js";
import { CommandFailure, EXIT_USAGE, exitOnError } from "../exit.js";
import { printDocument } from "../output/print-document.js";
import { TransferProgress } from "../output/transfer-progress.js";
import { clientOf, type ManagementOptions } from "./management-options.js";

interface PushOptions extends ManagementOptions {
  readonly modelVersion?: string;
}

interface LocalFile {
  readonly path: string;
  readonly bytes: number;
}

/** Sends a folder as a new version. */
export function pushCommand(model: string, folder: string, options: PushOptions): Promise<void> {
  return exitOnError(async () => {
    const files = await filesIn(folder);
    const totalBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
    using progress = new TransferProgress(`push ${model}`, totalBytes);
    const archive = pack();
    const filled = fill(archive, folder, files, (bytes) => progress.add(bytes));
    filled.catch((error) => archive.destroy(error as Error));
    const body = Readable.toWeb(Readable.from(archive)) as ReadableStream<Uint8Array>;
    const stream = { body, mediaType: "application/x-tar" };
    const path = ["models", model, "versions"];
    const { modelVersion } = options;
    const published = await (modelVersion === undefined
      ? clientOf(options).change<Published>("POST", apiPath(...path), { stream })
      : clientOf(options).change<Published>("PUT", apiPath(...path, modelVersion), { stream }));
    progress[Symbol.dispose]();
    printDocument(
      published,
      options.output,
      ({ version }) => `Published version ${version.version} of model ${version.model}`,
    );
  });
}

async function filesIn(folder: string): Promise<readonly LocalFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((cause: Error) => {
    throw new CommandFailure(`${folder} cannot be read as the folder of a version: ${cause.message}`, EXIT_USAGE);
  });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  if (files.length === 0)
    throw new CommandFailure(`${folder} holds no file; name the folder of one version`, EXIT_USAGE);
  return Promise.all(files.sort().map(async (path) => ({ path, bytes: (await stat(join(folder, path))).size })));
}

async function fill(
  archive: Pack,
  folder: string,
  files: readonly LocalFile[],
  sent: (bytes: number) => void,
): Promise<void> {
  for (const { path, bytes } of files) {
    const source = createReadStream(join(folder, path));
    source.on("data", (chunk) => sent(chunk.length));
    await pipeline(source, archive.entry({ name: path.split(sep).join("/"), size: bytes }));
  }
  archive.finalize();
}
