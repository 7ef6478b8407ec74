import { open } from "node:fs/promises";
import { join } from "node:path";
import type { Published, Upload } from "@plinth/management";
import pRetry from "p-retry";
import { apiPath, type ManagementClient } from "../api/management-client.js";
import { CommandFailure, EXIT_NOT_FOUND, EXIT_UNREACHABLE, exitOnError } from "../exit.js";
import { printDocument } from "../output/print-document.js";
import { TransferProgress } from "../output/transfer-progress.js";
import { localFiles } from "../transfer/local-files.js";
import { RememberedUploads } from "../transfer/remembered-uploads.js";
import { clientOf, type ManagementOptions } from "./management-options.js";

/** Bytes of one request: soon sent, also on a slow line, and soon sent again. */
const PART_BYTES = 4 * 1024 * 1024;

/** How often a part is tried again where the connection broke, and the first pause before that, in milliseconds. */
const MAX_RETRIES = 5;
const FIRST_PAUSE_MS = 500;

interface PushOptions extends ManagementOptions {
  readonly modelVersion?: string;
}

/** Sends a folder as a new version, in parts; typed again after an interruption, it goes on where it was. */
export function pushCommand(model: string, folder: string, options: PushOptions): Promise<void> {
  return exitOnError(async () => {
    const client = clientOf(options);
    const { server, modelVersion } = options;
    const request = {
      model,
      ...(modelVersion !== undefined && { version: modelVersion }),
      files: await localFiles(folder),
    };
    const remembered = new RememberedUploads({ server, ...request });
    let upload = (await known(client, await remembered.id())) ?? (await begin(client, request));
    await remembered.remember(upload.id);
    using progress = new TransferProgress(`push ${model}`, sum(upload, "bytes"));
    progress.add(sum(upload, "received"));
    for (let index = 0; index < upload.files.length; index++) {
      upload = await sendFile(client, upload, index, folder, progress);
    }
    const published = await complete(client, upload, remembered);
    progress[Symbol.dispose]();
    printDocument(
      published,
      options.output,
      ({ version }) => `Published version ${version.version} of model ${version.model}`,
    );
  });
}

/** The upload of an earlier push, if the server still has it. */
async function known(client: ManagementClient, id: string | undefined): Promise<Upload | undefined> {
  if (id === undefined) return undefined;
  try {
    return await client.get<Upload>(apiPath("uploads", id));
  } catch (error) {
    if (error instanceof CommandFailure && error.exitCode === EXIT_NOT_FOUND) return undefined;
    throw error;
  }
}

function begin(client: ManagementClient, json: unknown): Promise<Upload> {
  return client.change<Upload>("POST", "/api/uploads", { json });
}

/** An upload that the server refuses is of no more use; where it cannot be reached, the next push finds it again. */
async function complete(client: ManagementClient, { id }: Upload, remembered: RememberedUploads): Promise<Published> {
  try {
    const published = await client.change<Published>("POST", apiPath("uploads", id, "complete"));
    await remembered.forget();
    return published;
  } catch (error) {
    if (error instanceof CommandFailure && error.exitCode !== EXIT_UNREACHABLE) await remembered.forget();
    throw error;
  }
}

async function sendFile(
  client: ManagementClient,
  upload: Upload,
  index: number,
  folder: string,
  progress: TransferProgress,
): Promise<Upload> {
  let current = upload;
  await using source = await open(join(folder, upload.files[index]?.path ?? ""));
  for (;;) {
    const { bytes = 0, received = 0 } = current.files[index] ?? {};
    if (received >= bytes) return current;
    const part = Buffer.alloc(Math.min(PART_BYTES, bytes - received));
    const { bytesRead } = await source.read(part, 0, part.length, received);
    if (bytesRead === 0)
      throw new CommandFailure(`${upload.files[index]?.path} was changed while it was sent; push again`, 1);
    current = await sendPart(client, current, index, received, part.subarray(0, bytesRead));
    progress.add((current.files[index]?.received ?? 0) - received);
  }
}

/** Where the connection breaks, the server is asked how far it came, and the rest is sent from there. */
function sendPart(
  client: ManagementClient,
  upload: Upload,
  index: number,
  offset: number,
  part: Uint8Array<ArrayBuffer>,
): Promise<Upload> {
  const path = apiPath("uploads", upload.id);
  return pRetry(
    async (attempt) => {
      const { received = 0 } = (attempt === 1 ? upload : await client.get<Upload>(path)).files[index] ?? {};
      const rest = part.subarray(received - offset);
      return client.change<Upload>("PATCH", `${path}/files/${index}`, { part: { bytes: rest, offset: received } });
    },
    {
      retries: MAX_RETRIES,
      minTimeout: FIRST_PAUSE_MS,
      shouldRetry: ({ error }) => error instanceof CommandFailure && error.exitCode === EXIT_UNREACHABLE,
    },
  );
}

function sum({ files }: Upload, key: "bytes" | "received"): number {
  return files.reduce((total, file) => total + file[key], 0);
}
