import type { Logger } from "../../extension-points/logger.js";
import type { DescriptionFormat, ModelDescription } from "../../extension-points/model-description.js";
import type { ModelStorage, StoredModel } from "../../extension-points/storage.js";
import { PlinthError } from "../../model/errors.js";
import type { ModelPlans } from "./model-plans.js";

/** Most files that one may refer to. */
const MAX_OTHERS = 64;

/** What was made of a model's file, until the file changes. */
interface Known {
  readonly fileName: string;
  readonly fingerprint: string;
  /** Of files that it refers to, by name; `undefined` while no listing has told it. */
  readonly others: ReadonlyMap<string, string | undefined>;
  readonly folder: string | undefined;
  readonly description: ModelDescription | undefined;
  /** Why there is none. */
  readonly error: PlinthError | undefined;
}

/** Follows the files that describe models, and has the plans know what they say. */
export class ModelDescriptions {
  readonly #storage: ModelStorage;
  readonly #formats: readonly DescriptionFormat[];
  readonly #plans: ModelPlans;
  readonly #logger: Logger;
  #known: ReadonlyMap<string, Known> = new Map();

  constructor(storage: ModelStorage, formats: readonly DescriptionFormat[], plans: ModelPlans, logger: Logger) {
    this.#storage = storage;
    this.#formats = formats;
    this.#plans = plans;
    this.#logger = logger;
  }

  /** Names of files to list. */
  get fileNames(): readonly string[] {
    if (this.#storage.readSideFile === undefined) return [];
    const others = [...this.#known.values()].flatMap((known) => [...known.others.keys()]);
    return [...new Set([...this.#formats.map(({ fileName }) => fileName), ...others])];
  }

  /**
   * Reads what has changed since the last listing.
   *
   * @returns the listing as it is to be followed: a model whose file cannot be read has an error, so that what is loaded of it stays as it
   * is; and versions have another fingerprint once the file has changed, so that those that failed are tried again.
   */
  async follow(listing: readonly StoredModel[], signal: AbortSignal): Promise<readonly StoredModel[]> {
    if (this.fileNames.length === 0) return listing;
    const known = new Map<string, Known>();
    for (const stored of listing) {
      const found = stored.error === undefined ? await this.#find(stored, signal) : this.#known.get(stored.model);
      if (found !== undefined) known.set(stored.model, found);
    }
    for (const [model, { description }] of known) {
      if (description !== this.#known.get(model)?.description) this.#plans.describe(model, description);
    }
    for (const model of this.#known.keys()) if (!known.has(model)) this.#plans.describe(model, undefined);
    this.#known = known;
    return listing.map((stored) => describedModel(stored, known.get(stored.model)));
  }

  async #find(stored: StoredModel, signal: AbortSignal): Promise<Known | undefined> {
    const { model, folder, sideFiles } = stored;
    const format = this.#formats.find(({ fileName }) => sideFiles?.has(fileName));
    if (format === undefined) return undefined;
    const { fileName } = format;
    const fingerprint = sideFiles?.get(fileName) ?? "";
    const before = this.#known.get(model);
    const isSame = before?.fingerprint === fingerprint && before.fileName === fileName && before.folder === folder;
    if (isSame && before.error?.code !== "UNAVAILABLE" && !haveChanged(before, stored)) return noted(before, stored);
    let others: Known["others"] = new Map();
    try {
      const content = await this.#storage.readSideFile?.(model, fileName, { signal });
      if (content === undefined) return undefined;
      const names = (format.refersTo?.(content) ?? []).slice(0, MAX_OTHERS);
      others = new Map(names.map((name) => [name, sideFiles?.get(name)]));
      const description = format.read(model, content, await this.#read(model, names, signal));
      this.#tell(model, description);
      return { fileName, fingerprint, others, folder, description, error: undefined };
    } catch (thrown) {
      signal.throwIfAborted();
      const error = PlinthError.from(thrown, "MODEL_DESCRIPTION_INVALID");
      if (error.message !== before?.error?.message) {
        this.#logger.error(`Model ${model} stays as it is: its ${fileName} cannot be used`, { error });
      }
      return { fileName, fingerprint, others, folder, description: before?.description, error };
    }
  }

  /** Those that exist. */
  async #read(model: string, names: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, Uint8Array>> {
    const contents = new Map<string, Uint8Array>();
    for (const name of names) {
      const content = await this.#storage.readSideFile?.(model, name, { signal });
      if (content !== undefined) contents.set(name, content);
    }
    return contents;
  }

  #tell(model: string, { name, ignored }: ModelDescription): void {
    this.#logger.info(`Model ${model} is served as its ${name} says`);
    if (ignored.length === 0) return;
    this.#logger.warn(`Of what ${name} says of model ${model}, this has no meaning here: ${ignored.join(", ")}`);
  }
}

/** Whether a file that it refers to is another one than it was, or has come after it was missed. */
function haveChanged({ others, error }: Known, { sideFiles }: StoredModel): boolean {
  return [...others].some(([name, fingerprint]) => {
    const now = sideFiles?.get(name);
    return fingerprint === undefined ? error !== undefined && now !== undefined : now !== fingerprint;
  });
}

/** The same with the fingerprints that this listing is the first to tell. */
function noted(known: Known, { sideFiles }: StoredModel): Known {
  if (![...known.others].some(([name, fingerprint]) => fingerprint === undefined && sideFiles?.has(name))) return known;
  return { ...known, others: new Map([...known.others.keys()].map((name) => [name, sideFiles?.get(name)])) };
}

function describedModel(stored: StoredModel, known: Known | undefined): StoredModel {
  if (known === undefined || stored.error !== undefined) return stored;
  if (known.error !== undefined) return { ...stored, versions: [], error: known.error };
  const versions = stored.versions.map(({ version, fingerprint }) => ({
    version,
    fingerprint: `${fingerprint} ${known.fingerprint}`,
  }));
  return { ...stored, versions };
}
