import type { DeploymentState, Revision } from "../../extension-points/deployments.js";
import type { Logger } from "../../extension-points/logger.js";
import type { RecordStore, StoredRecord } from "../../extension-points/storage.js";
import { PlinthError } from "../../model/errors.js";
import { UNCHANGED } from "./deployment-state.js";
import { parseRevision, revisionJson } from "./revision-record.js";

/** Revisions that are kept; older ones are forgotten, but for the newest of each model. */
export const MAX_REVISIONS = 2_000;

const PREFIX = "deployments/";

/** Digits of a revision's number in its key, so that the order of keys is that of numbers. */
const KEY_DIGITS = 12;

interface LoggedRevision {
  readonly revision: Revision;
  /** The record's own revision, for deleting it. */
  readonly recordRevision: string;
}

/**
 * The numbered changes of all models, as one record each. A change is the creation of the record of the next number: that
 * either happens or not, whenever the process is killed, and of several servers only one can do it.
 */
export class RevisionLog {
  readonly #records: RecordStore;
  readonly #logger: Logger;
  /** By number, oldest first. */
  readonly #revisions = new Map<number, LoggedRevision>();
  #newest = 0;

  constructor(records: RecordStore, logger: Logger) {
    this.#records = records;
    this.#logger = logger;
  }

  /** Reads all of it. A record that cannot be understood is told in the log and left out. */
  async load(signal: AbortSignal): Promise<readonly Revision[]> {
    for await (const record of this.#records.list(PREFIX, { signal })) this.#take(record);
    return this.newestFirst().toReversed();
  }

  /** The revisions that others have added since, oldest first. */
  async follow(signal: AbortSignal): Promise<readonly Revision[]> {
    const added: Revision[] = [];
    for (;;) {
      const record = await this.#records.get(keyOf(this.#newest + 1), { signal });
      if (record === undefined) return added;
      const revision = this.#take(record);
      if (revision !== undefined) added.push(revision);
    }
  }

  /**
   * Adds a revision with the next number.
   *
   * @throws PlinthError `RECORD_CONFLICT` where another server was first: {@link follow}, and decide again.
   */
  async append(change: Omit<Revision, "revision">, signal: AbortSignal): Promise<Revision> {
    const revision = { revision: this.#newest + 1, ...change };
    const record = await this.#records.put(keyOf(revision.revision), revisionJson(revision), undefined, { signal });
    this.#add(revision, record.revision);
    await this.#forgetOldest(signal);
    return revision;
  }

  get(revision: number): Revision | undefined {
    return this.#revisions.get(revision)?.revision;
  }

  get newest(): number {
    return this.#newest;
  }

  newestFirst(): readonly Revision[] {
    return [...this.#revisions.values()].map(({ revision }) => revision).reverse();
  }

  /**
   * What was changed of a model right after revision `at`; `undefined` where the log does not reach back so far.
   *
   * The newest revision of the model up to `at` tells it, since older ones are forgotten first; where there is none, so does
   * the first one after it, if nothing in between was forgotten.
   */
  stateAt(model: string, at: number): DeploymentState | undefined {
    const ofModel = this.newestFirst().filter((each) => each.model === model);
    const last = ofModel.find(({ revision }) => revision <= at);
    if (last !== undefined) return last.after;
    const later = [...this.#revisions.keys()].filter((revision) => revision > at).length;
    if (later !== this.#newest - at) return undefined;
    return ofModel.at(-1)?.before ?? UNCHANGED;
  }

  #take(record: StoredRecord): Revision | undefined {
    const number = Number(record.key.slice(PREFIX.length));
    if (!Number.isSafeInteger(number)) return undefined;
    try {
      const revision = parseRevision(record.value);
      this.#add(revision, record.revision);
      return revision;
    } catch (error) {
      this.#logger.error(
        `Record ${record.key} is no revision that this version of Plinth understands; it is left out`,
        {
          error,
        },
      );
      this.#newest = Math.max(this.#newest, number);
      return undefined;
    }
  }

  #add(revision: Revision, recordRevision: string): void {
    this.#revisions.set(revision.revision, { revision, recordRevision });
    this.#newest = Math.max(this.#newest, revision.revision);
  }

  async #forgetOldest(signal: AbortSignal): Promise<void> {
    if (this.#revisions.size <= MAX_REVISIONS) return;
    const newestOfModel = new Map([...this.#revisions.values()].map(({ revision }) => [revision.model, revision]));
    const forgettable = [...this.#revisions.values()].find(
      ({ revision }) => newestOfModel.get(revision.model) !== revision,
    );
    if (forgettable === undefined) return;
    const { revision, recordRevision } = forgettable;
    this.#revisions.delete(revision.revision);
    try {
      await this.#records.delete(keyOf(revision.revision), recordRevision, { signal });
    } catch (thrown) {
      // Another server over the same storage may have forgotten it first.
      if (PlinthError.from(thrown).reason === "RECORD_CONFLICT") return;
      this.#logger.warn(`Revision ${revision.revision} could not be forgotten`, { error: thrown });
    }
  }
}

function keyOf(revision: number): string {
  return `${PREFIX}${String(revision).padStart(KEY_DIGITS, "0")}`;
}
