import { randomUUID } from "node:crypto";
import { type ModelVersion, PlinthError } from "@plinth/core";
import { foldersOf } from "./bucket-listing.js";
import { isOwned, RENEWAL_MS, THIS_PROCESS } from "./note-owner.js";
import type { OpenStore } from "./open-store.js";
import {
  type CommittedNote,
  deleteNote,
  type KeptNote,
  type PublishingNote,
  readNote,
  type UploadedFile,
  writeNote,
} from "./version-note.js";
import { deleteHidden, hideVersion } from "./version-removal.js";

/** How often the claim is tried for where notes change at the same moment. */
const MAX_ATTEMPTS = 5;

type Progress = Pick<PublishingNote, "files" | "unfinished">;

/** A version that this process alone publishes, for as long as it renews its note. */
export class VersionClaim {
  readonly model: string;
  readonly version: ModelVersion;
  /** What an earlier publish has left that broke off. */
  readonly before: Progress;
  readonly #open: OpenStore;
  #note: KeptNote<PublishingNote>;
  #lastWrite: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  private constructor(
    open: OpenStore,
    model: string,
    version: ModelVersion,
    note: KeptNote<PublishingNote>,
    before: Progress,
  ) {
    this.#open = open;
    this.model = model;
    this.version = version;
    this.#note = note;
    this.before = before;
  }

  /** @throws PlinthError `VERSION_EXISTS`, also where another one is publishing or removing it */
  static async take(open: OpenStore, model: string, version: ModelVersion, signal: AbortSignal): Promise<VersionClaim> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const existing = await readNote(open, model, version, signal);
      if (existing?.note.state === "removing" && !isOwned(existing, open.store.nowMs)) {
        const hidden = await hideVersion(open, model, version, existing, signal);
        if (hidden) await deleteHidden(open, model, version, hidden);
        continue;
      }
      await checkFree(open, model, version, existing, signal);
      const before = existing?.note.state === "publishing" ? existing.note : { files: [], unfinished: [] };
      // Whatever earlier uploads there are stay named until they are used or thrown away.
      const unfinished = [...before.unfinished, ...before.files.map(({ path, uploadId }) => ({ path, uploadId }))];
      const note = { state: "publishing" as const, id: randomUUID(), owner: THIS_PROCESS, files: [], unfinished };
      const written = await writeNote(open, model, version, note, existing, signal);
      if (written) return new VersionClaim(open, model, version, written, before);
    }
    throw exists(model, version, "others publish or remove it at this moment");
  }

  /** Goes on saying that this process is at work, and what it has done so far. @param lost called where another one has taken over */
  keep(progress: () => Progress, lost: (reason: unknown) => void): void {
    const signal = new AbortController().signal;
    this.#timer = setInterval(() => {
      this.#write({ ...this.#publishing(progress()), owner: THIS_PROCESS }, signal).catch(lost);
    }, RENEWAL_MS);
    this.#timer.unref();
  }

  /** Decides that the version will be there: from here on whoever sees it brings it to its end. */
  async commit(files: readonly UploadedFile[], signal: AbortSignal): Promise<KeptNote<CommittedNote>> {
    await this.#stopKeeping();
    const note = { state: "committed" as const, id: randomUUID(), files: [...files] };
    const written = await writeNote(this.#open, this.model, this.version, note, this.#note, signal);
    if (written) return written;
    throw taken(this.model, this.version);
  }

  /**
   * Gives the version up, and leaves files for the next publish where there are any.
   *
   * @throws PlinthError where another one has taken over: what was left before is that one's then
   */
  async giveUp(files: readonly UploadedFile[], signal: AbortSignal): Promise<void> {
    await this.#stopKeeping();
    if (files.length === 0) {
      const deleted = await deleteNote(this.#open, this.model, this.version, this.#note, signal);
      if (!deleted) throw taken(this.model, this.version);
    } else await this.#write(this.#publishing({ files: [...files], unfinished: [] }), signal);
  }

  #publishing(progress: Progress): PublishingNote {
    return { state: "publishing", id: randomUUID(), ...progress };
  }

  /** One after the other, each on what the one before has written. */
  #write(note: PublishingNote, signal: AbortSignal): Promise<void> {
    const turn = this.#lastWrite.then(async () => {
      const written = await writeNote(this.#open, this.model, this.version, note, this.#note, signal);
      if (written === undefined) throw taken(this.model, this.version);
      this.#note = written;
    });
    this.#lastWrite = Promise.allSettled([turn]);
    return turn;
  }

  async #stopKeeping(): Promise<void> {
    clearInterval(this.#timer);
    await this.#lastWrite;
  }
}

async function checkFree(
  open: OpenStore,
  model: string,
  version: ModelVersion,
  existing: KeptNote | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { store, layout } = open;
  const [folder] = await foldersOf(store, layout, model, version, signal);
  if (folder !== undefined)
    throw exists(model, version, `there is ${folder} in the bucket, even if it may not be whole yet`);
  if (existing === undefined || existing.note.state === "published") return;
  if (existing.note.state === "committed") throw exists(model, version, "it is being published");
  if (!isOwned(existing, store.nowMs)) return;
  const { owner, state } = existing.note;
  throw exists(model, version, `process ${owner?.process} on ${owner?.host} is ${state} it`);
}

function exists(model: string, version: ModelVersion, why: string): PlinthError {
  return new PlinthError(
    "VERSION_EXISTS",
    `Version ${version} of model ${model} exists already: ${why}; publish a higher number, or remove it first`,
  );
}

function taken(model: string, version: ModelVersion): PlinthError {
  return new PlinthError(
    "STORAGE_UNAVAILABLE",
    `The publish of version ${version} of model ${model} was held up for so long that another server has taken it over: publish it again`,
  );
}
