import { open } from "node:fs/promises";
import { join } from "node:path";
import type { Published, Upload } from "@plinth/management";
import pRetry, { type Options } from "p-retry";
import { apiPath, type ManagementClient } from "../api/management-client.js";
import { untilVersionServed } from "../api/until-served.js";
import { CommandFailure, EXIT_NOT_FOUND, EXIT_UNREACHABLE, exitOnError } from "../exit.js";
import { printDocument } from "../output/print-document.js";
import { TransferProgress } from "../output/transfer-progress.js";
import { localFiles } from "../transfer/local-files.js";
import { RememberedUploads } from "../transfer/remembered-uploads.js";
import { untilInterrupted } from "../until-interrupted.js";
import { clientOf, type ManagementOptions } from "./management-options.js";

/** Bytes of one request: soon sent, also on a slow line, and soon sent again. */
const PART_BYTES = 4 * 1024 * 1024;

/** How often, where the connection broke, it is tried again, and the first pause before that, in milliseconds. */
const RETRIES: Readonly<Options> = {
  retries: 5,
  minTimeout: 500,
  shouldRetry: ({ error }) => error instanceof CommandFailure && error.exitCode === EXIT_UNREACHABLE,
};

interface PushOptions extends ManagementOptions {
  readonly modelVersion?: string;
  readonly wait: boolean;
}

/**
 * Sends a folder as a new version, in parts, and waits until it is served; typed again after an interruption, it goes on where it was.
 */
export function pushCommand(model: string, folder: string, options: PushOptions): Promise<void> {
  return exitOnError(async () => {
    const client = clientOf(options);
    const published = await publish(client, model, folder, options);
    const { version } = published;
    const served = options.wait
      ? await untilInterrupted(`version ${version.version} is published and goes on being loaded`, (signal) =>
          untilVersionServed(client, version, signal),
        )
      : version;
    printDocument({ ...published, version: served }, options.output, publishedText);
  });
}

function publish(
  client: ManagementClient,
  model: string,
  folder: string,
  { server, modelVersion }: PushOptions,
): Promise<Published> {
  return untilInterrupted("push it again, and it goes on where it was", async (signal) => {
    const request = {
      model,
      ...(modelVersion !== undefined && { version: modelVersion }),
      files: await localFiles(folder, signal),
    };
    const remembered = new RememberedUploads({ server, ...request });
    const earlier = await remembered.id();
    const known = earlier === undefined ? undefined : await found(client.get<Upload>(apiPath("uploads", earlier)));
    let published: Published | undefined;
    // Of one that the server no longer has, it may be the answer alone that did not arrive.
    if (earlier !== undefined && known === undefined) published = await found(complete(client, earlier, signal));
    published ??= await sendAll(known ?? (await begin(client, request)), remembered, { client, folder, signal });
    await remembered.forget();
    return published;
  });
}

function publishedText({ version: { model, version, state } }: Published): string {
  const rest = state === "stored" ? "; it is not served: plinth load has it served" : "";
  return `Published version ${version} of model ${model}${rest}`;
}

/** What sending a file needs. */
interface Sending {
  readonly client: ManagementClient;
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** `undefined` where the server has no such thing. */
async function found<T>(asking: Promise<T>): Promise<T | undefined> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof CommandFailure && error.exitCode === EXIT_NOT_FOUND) return undefined;
    throw error;
  }
}

function begin(client: ManagementClient, json: unknown): Promise<Upload> {
  return client.change<Upload>("POST", "/api/uploads", { json });
}

/** Sends what is missing of an upload and has it published; while it goes on, the next push would find it. */
async function sendAll(begun: Upload, remembered: RememberedUploads, sending: Sending): Promise<Published> {
  let upload = begun;
  await remembered.remember(upload.id);
  using progress = new TransferProgress(`push ${upload.model}`, sum(upload, "bytes"), sum(upload, "received"));
  for (let index = 0; index < upload.files.length; index++) upload = await sendFile(sending, upload, index, progress);
  try {
    return await complete(sending.client, upload.id, sending.signal);
  } catch (error) {
    // One that the server refuses is of no more use.
    if (error instanceof CommandFailure && error.exitCode !== EXIT_UNREACHABLE) await remembered.forget();
    throw error;
  }
}

/** Done once, however often it is asked for: the answer may be lost on the way. */
function complete(client: ManagementClient, id: string, signal: AbortSignal): Promise<Published> {
  const options = { headers: { "idempotency-key": id }, signal };
  return pRetry(() => client.change<Published>("POST", apiPath("uploads", id, "complete"), options), {
    ...RETRIES,
    signal,
  });
}

async function sendFile(sending: Sending, upload: Upload, index: number, progress: TransferProgress): Promise<Upload> {
  const { folder } = sending;
  let current = upload;
  await using source = await open(join(folder, upload.files[index]?.path ?? ""));
  for (;;) {
    const { bytes = 0, received = 0 } = current.files[index] ?? {};
    if (received >= bytes) return current;
    const part = Buffer.alloc(Math.min(PART_BYTES, bytes - received));
    const { bytesRead } = await source.read(part, 0, part.length, received);
    if (bytesRead === 0)
      throw new CommandFailure(`${upload.files[index]?.path} was changed while it was sent; push again`, 1);
    current = await sendPart(sending, current, index, received, part.subarray(0, bytesRead));
    progress.add((current.files[index]?.received ?? 0) - received);
  }
}

/** Where the connection breaks, the server is asked how far it came, and the rest is sent from there. */
function sendPart(
  { client, signal }: Sending,
  upload: Upload,
  index: number,
  offset: number,
  part: Uint8Array<ArrayBuffer>,
): Promise<Upload> {
  const path = apiPath("uploads", upload.id);
  return pRetry(
    async (attempt) => {
      const { received = 0 } = (attempt === 1 ? upload : await client.get<Upload>(path)).files[index] ?? {};
      const rest = { bytes: part.subarray(received - offset), offset: received };
      return client.change<Upload>("PATCH", `${path}/files/${index}`, { part: rest, signal });
    },
    { ...RETRIES, signal },
  );
}

function sum({ files }: Upload, key: "bytes" | "received"): number {
  return files.reduce((total, file) => total + file[key], 0);
}
