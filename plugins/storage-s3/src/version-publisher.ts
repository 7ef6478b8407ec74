import { type CheckedFile, checkedFiles, type IncomingFile, type Logger, type ModelVersion } from "@plinth/core";
import pLimit from "p-limit";
import { finishCommitted } from "./committed-version.js";
import { FileUploads } from "./file-upload.js";
import type { OpenStore } from "./open-store.js";
import type { PartBuffers } from "./part-buffers.js";
import { VersionClaim } from "./version-claim.js";
import type { NamedUpload, PublishedFile, UploadedFile } from "./version-note.js";

/** Longest that a publish which failed tidies up, in milliseconds; later servers do the rest. */
const TIDYING_MS = 20_000;

/** Longest that files which were read whole may take to arrive once the publish has failed, in milliseconds. */
const ARRIVING_MS = 5_000;

/** Uploads thrown away at once. */
const MAX_CONCURRENT_ABORTS = 8;

export interface PublishRequest {
  readonly model: string;
  readonly version: ModelVersion;
  readonly files: AsyncIterable<IncomingFile> | Iterable<IncomingFile>;
  readonly onProgress: ((bytes: number) => void) | undefined;
}

/** A file of the version, as the store has it or will have it in a moment. */
interface TakenFile {
  readonly stored: Promise<UploadedFile>;
  /** Whether the next publish may use it, should this one break off. */
  readonly isChecked: boolean;
}

/** Publishes versions: see docs/adr/0014 for why in these steps. */
export class VersionPublisher {
  readonly #open: OpenStore;
  readonly #buffers: PartBuffers;
  readonly #logger: Logger;

  constructor(open: OpenStore, buffers: PartBuffers, logger: Logger) {
    this.#open = open;
    this.#buffers = buffers;
    this.#logger = logger;
  }

  async publish(request: PublishRequest, signal: AbortSignal): Promise<readonly PublishedFile[]> {
    const { model, version } = request;
    const claim = await VersionClaim.take(this.#open, model, version, signal);
    const files = await this.#send(claim, request, signal);
    // Nothing leads back from here, so that nobody's signal ends it.
    const { signal: never } = new AbortController();
    const committed = await claim.commit(files, never);
    await this.#discard(claim, unused(claim, files), never);
    return finishCommitted(this.#open, model, version, committed, never);
  }

  /** Has the store hold every file, but nobody see any. Gives the version up where that fails. */
  async #send(claim: VersionClaim, request: PublishRequest, signal: AbortSignal): Promise<readonly UploadedFile[]> {
    let sentBytes = 0;
    const sent = (bytes: number) => {
      sentBytes += bytes;
      request.onProgress?.(sentBytes);
    };
    const uploads = new FileUploads(this.#open.store, this.#buffers, signal, sent);
    const kept = new Map(claim.before.files.map((file) => [file.path, file]));
    const taken: TakenFile[] = [];
    const whole: UploadedFile[] = [];
    claim.keep(
      () => ({ files: [...whole], unfinished: [...unused(claim, whole), ...uploads.unfinished] }),
      (reason) => uploads.stop(reason),
    );
    try {
      for await (const file of checkedFiles(request.files, uploads.reading, { memory: this.#buffers })) {
        const next = await this.#take(file, claim, kept.get(file.path), uploads, sent);
        next.stored.then(
          (stored) => next.isChecked && whole.push(stored),
          () => {},
        );
        taken.push(next);
      }
      const files = await Promise.all(taken.map(({ stored }) => stored));
      signal.throwIfAborted();
      return files;
    } catch (thrown) {
      await arrival(taken.filter(({ isChecked }) => isChecked));
      uploads.stop(thrown);
      await uploads.idle();
      await this.#giveUp(claim, uploads, whole, taken);
      throw thrown;
    }
  }

  async #take(
    file: CheckedFile,
    claim: VersionClaim,
    kept: UploadedFile | undefined,
    uploads: FileUploads,
    sent: (bytes: number) => void,
  ): Promise<TakenFile> {
    const key = this.#open.layout.file(claim.model, claim.version, file.path);
    const isChecked = file.sha256 !== undefined;
    if (
      kept?.sha256 === file.sha256 &&
      kept &&
      (await this.#open.store.hasUpload(key, kept.uploadId, uploads.reading))
    ) {
      file.keep(kept.bytes);
      sent(kept.bytes);
      return { stored: Promise.resolve(kept), isChecked };
    }
    return { ...(await uploads.send(file, key)), isChecked };
  }

  async #giveUp(
    claim: VersionClaim,
    uploads: FileUploads,
    whole: readonly UploadedFile[],
    taken: readonly TakenFile[],
  ): Promise<void> {
    const signal = AbortSignal.timeout(TIDYING_MS);
    const settled = await Promise.allSettled(taken.map(({ stored }) => stored));
    const stored = settled.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
    const reusable = claim.before.files.filter(({ path }) => !whole.some((file) => file.path === path));
    const keep = [...whole, ...reusable];
    const notKept = stored.filter((file) => !keep.includes(file));
    try {
      await claim.giveUp(keep, signal);
      await this.#discard(claim, [...unused(claim, keep), ...notKept, ...uploads.unfinished], signal);
    } catch (error) {
      const { model, version } = claim;
      this.#logger.warn(`Cannot tidy up after a publish of version ${version} of model ${model}`, { error });
    }
  }

  async #discard(
    { model, version }: VersionClaim,
    uploads: readonly NamedUpload[],
    signal: AbortSignal,
  ): Promise<void> {
    const { store, layout } = this.#open;
    const limit = pLimit(MAX_CONCURRENT_ABORTS);
    const aborts = uploads.map(({ path, uploadId }) =>
      limit(() => store.abortUpload(layout.file(model, version, path), uploadId, signal)),
    );
    for (const outcome of await Promise.allSettled(aborts)) {
      if (outcome.status === "rejected") this.#logger.debug("Cannot throw an upload away", { error: outcome.reason });
    }
  }
}

/** Waits a little for files that were read whole, so that the next publish need not send them again. */
async function arrival(files: readonly TakenFile[]): Promise<void> {
  const deadline = AbortSignal.timeout(ARRIVING_MS);
  const late = new Promise((resolve) => deadline.addEventListener("abort", resolve, { once: true }));
  await Promise.race([Promise.allSettled(files.map(({ stored }) => stored)), late]);
}

/** Uploads that earlier publishes have left and this one does not use. */
function unused({ before }: VersionClaim, used: readonly UploadedFile[]): readonly NamedUpload[] {
  const ids = new Set(used.map(({ uploadId }) => uploadId));
  return [...before.unfinished, ...before.files].filter(({ uploadId }) => !ids.has(uploadId));
}
