import { randomUUID } from "node:crypto";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { ReadableStream as NodeReadableStream } from "node:stream/web";
import type { VersionFileList } from "@plinth/management";
import { apiPath } from "../api/management-client.js";
import { CommandFailure, EXIT_FAILED, EXIT_USAGE, exitOnError } from "../exit.js";
import { printDocument } from "../output/print-document.js";
import { formatBytes, TransferProgress } from "../output/transfer-progress.js";
import { unpackVersion } from "../transfer/unpack-version.js";
import { untilInterrupted } from "../until-interrupted.js";
import { clientOf, type ManagementOptions } from "./management-options.js";

/** What is printed for programs. */
interface PulledVersion {
  readonly model: string;
  readonly version: string;
  /** Absolute. */
  readonly folder: string;
  readonly files: number;
  readonly bytes: number;
}

/** Fetches a version's files into a folder, which appears only when all is there and has been found right. */
export function pullCommand(model: string, version: string, folder: string, options: ManagementOptions): Promise<void> {
  return exitOnError(() =>
    untilInterrupted("nothing was left behind, pull it again", async (signal) => {
      const target = resolve(folder);
      if ((await stat(target).catch(() => undefined)) !== undefined) {
        throw new CommandFailure(`${folder} is there already; name a folder that is not`, EXIT_USAGE);
      }
      const client = clientOf(options);
      const path = apiPath("models", model, "versions", version);
      const { items: files } = await client.get<VersionFileList>(`${path}/files`);
      const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
      const { body } = await client.send("GET", `${path}/content`, { signal });
      using progress = new TransferProgress(`pull ${model} ${version}`, bytes);
      const work = join(dirname(target), `.${basename(target)}-${randomUUID()}`);
      try {
        await mkdir(work, { recursive: true });
        await unpackVersion(body as NodeReadableStream<Uint8Array>, files, work, (count) => progress.add(count));
        await rename(work, target);
      } catch (error) {
        await rm(work, { recursive: true, force: true });
        signal.throwIfAborted();
        throw new CommandFailure(
          `The version did not arrive whole: ${(error as Error).message}. Pull it again`,
          EXIT_FAILED,
        );
      }
      progress[Symbol.dispose]();
      printDocument({ model, version, folder: target, files: files.length, bytes }, options.output, pulledText);
    }),
  );
}

function pulledText({ model, version, folder, files, bytes }: PulledVersion): string {
  const count = `${files} ${files === 1 ? "file" : "files"}, ${formatBytes(bytes)}`;
  return `Version ${version} of model ${model} is in ${folder} (${count})`;
}
