import { createWriteStream } from "node:fs";
import { mkdir, mkdtemp, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream as NodeReadableStream } from "node:stream/web";
import { checkFilePath } from "@plinth/core";
import { extract } from "tar-stream";
import { apiPath } from "../api/management-client.js";
import { CommandFailure, EXIT_FAILED, EXIT_USAGE, exitOnError } from "../exit.js";
import { TransferProgress } from "../output/transfer-progress.js";
import { clientOf, type ManagementOptions } from "./management-options.js";

/** Fetches a version's files into a folder, which appears only when all is there. */
export function pullCommand(model: string, version: string, folder: string, options: ManagementOptions): Promise<void> {
  return exitOnError(async () => {
    const target = resolve(folder);
    if ((await stat(target).catch(() => undefined)) !== undefined) {
      throw new CommandFailure(`${folder} is there already; name a folder that is not`, EXIT_USAGE);
    }
    const response = await clientOf(options).send("GET", apiPath("models", model, "versions", version, "content"));
    await mkdir(dirname(target), { recursive: true });
    const work = await mkdtemp(join(dirname(target), `.${basename(target)}-`));
    try {
      using progress = new TransferProgress(`pull ${model} ${version}`, 0);
      await unpack(response.body as NodeReadableStream<Uint8Array>, work, (bytes) => progress.add(bytes));
      await rename(work, target);
    } catch (error) {
      await rm(work, { recursive: true, force: true });
      throw new CommandFailure(
        `The version did not arrive whole: ${(error as Error).message}. Pull it again`,
        EXIT_FAILED,
      );
    }
    process.stdout.write(`Version ${version} of model ${model} is in ${folder}\n`);
  });
}

async function unpack(
  body: NodeReadableStream<Uint8Array>,
  folder: string,
  received: (bytes: number) => void,
): Promise<void> {
  const archive = extract();
  const source = Readable.fromWeb(body);
  source.on("data", (chunk: Uint8Array) => received(chunk.length));
  source.once("error", (error) => archive.destroy(error));
  source.pipe(archive as unknown as NodeJS.WritableStream);
  for await (const entry of archive) {
    const { name } = entry.header;
    checkFilePath(name);
    const file = join(folder, name);
    await mkdir(dirname(file), { recursive: true });
    await pipeline(entry as AsyncIterable<Uint8Array>, createWriteStream(file, { flags: "wx" }));
  }
}
