import type { Logger } from "@plinth/core";
import { finishCommitted } from "./committed-version.js";
import { isOwned } from "./note-owner.js";
import type { OpenStore } from "./open-store.js";
import type { UnfinishedVersion } from "./s3-catalogue.js";
import { deleteNote } from "./version-note.js";
import { deleteHidden, hideVersion } from "./version-removal.js";

/** A committed version is brought to its end by whoever published it within moments; after so long by others, in milliseconds. */
const COMMITTED_AFTER_MS = 5_000;

/** How long files of a publish that broke off wait for the next one, in milliseconds; MinIO throws its uploads away after as long. */
const KEPT_MS = 24 * 60 * 60 * 1_000;

/** Brings to an end what servers have begun that are gone. */
export class Housekeeping {
  readonly #open: OpenStore;
  readonly #changed: () => void;
  readonly #logger: Logger;

  /** @param changed told when the list has changed by it */
  constructor(open: OpenStore, changed: () => void, logger: Logger) {
    this.#open = open;
    this.#changed = changed;
    this.#logger = logger;
  }

  /** Whether there is anything to do, as far as can be told. */
  isDue({ note }: UnfinishedVersion): boolean {
    const ageMs = this.#open.store.nowMs - note.modifiedAtMs;
    if (note.note.state === "committed") return ageMs > COMMITTED_AFTER_MS;
    if (note.note.state === "removing") return !isOwned(note, this.#open.store.nowMs);
    return ageMs > KEPT_MS && !isOwned(note, this.#open.store.nowMs);
  }

  async run(unfinished: readonly UnfinishedVersion[], signal: AbortSignal): Promise<void> {
    for (const one of unfinished.filter((each) => this.isDue(each))) {
      const { model, version } = one;
      try {
        await this.#finish(one, signal);
        this.#changed();
      } catch (error) {
        if (signal.aborted) return;
        this.#logger.warn(`Cannot bring to an end what was begun with version ${version} of model ${model}`, { error });
      }
    }
  }

  async #finish({ model, version, note: kept }: UnfinishedVersion, signal: AbortSignal): Promise<void> {
    const { store, layout } = this.#open;
    const { note } = kept;
    if (note.state === "committed") {
      await finishCommitted(this.#open, model, version, { ...kept, note }, signal);
      this.#logger.info(`Finished version ${version} of model ${model}, whose publish was interrupted`);
    } else if (note.state === "removing") {
      const hidden = await hideVersion(this.#open, model, version, kept, signal);
      if (hidden) await deleteHidden(this.#open, model, version, hidden);
    } else if (note.state === "publishing" && (await deleteNote(this.#open, model, version, kept, signal))) {
      for (const { path, uploadId } of [...note.unfinished, ...note.files]) {
        await store.abortUpload(layout.file(model, version, path), uploadId, signal);
      }
      this.#logger.info(`Deleted what an interrupted publish of version ${version} of model ${model} had left`);
    }
  }
}
