import type { Logger } from "../../extension-points/logger.js";
import type { StoredModel, StoredVersion } from "../../extension-points/storage.js";
import { PlinthError } from "../../model/errors.js";
import { type ModelVersion, newestFirst } from "../../model/model-version.js";
import type { VersionState, VersionStatus } from "../../model/version-state.js";
import type { Servable } from "../execution/servable.js";
import { retryDelayMs } from "./retry-delay.js";
import type { TransitionPolicy } from "./transition-policy.js";
import { isLegalMove } from "./version-states.js";

/** How long an ended version is still told of, in milliseconds. */
export const ENDED_RETENTION_MS = 300_000;

/** What a model's lifecycle does to the rest of the server. */
export interface LifecycleEffects {
  load(version: ModelVersion, signal: AbortSignal): Promise<Servable>;
  /** Puts exactly these versions into service, at once. */
  serve(servables: readonly Servable[]): void;
  stateChanged(version: ModelVersion, from: VersionState | undefined, to: VersionState, error?: PlinthError): void;
}

interface Entry {
  readonly version: ModelVersion;
  state: VersionState;
  sinceMs: number;
  fingerprint: string;
  /** As {@link StoredModel.folder}: where its files are from. */
  readonly folder: string | undefined;
  error?: PlinthError;
  /** Failed loads in a row. */
  failures: number;
  servable?: Servable;
  /** Ends a load that is under way. */
  readonly loading: AbortController;
  /** Ends the pause before the next try, or the time for which an ended version is remembered. */
  timer?: NodeJS.Timeout;
}

/**
 * The life of all versions of one model. Told the complete list of wanted versions, as often as one likes, it moves what is
 * there towards it, a step of the transition policy at a time.
 */
export class ModelLifecycle {
  readonly #model: string;
  readonly #policy: TransitionPolicy;
  readonly #effects: LifecycleEffects;
  readonly #logger: Logger;
  readonly #entries = new Map<ModelVersion, Entry>();
  readonly #underWay = new Set<Promise<void>>();
  #aspired: ReadonlyMap<ModelVersion, StoredVersion> = new Map();
  #folder: StoredModel["folder"];

  constructor(model: string, policy: TransitionPolicy, effects: LifecycleEffects, logger: Logger) {
    this.#model = model;
    this.#policy = policy;
    this.#effects = effects;
    this.#logger = logger;
  }

  /** The versions that are wanted from now on, out of that folder; all others are to go, also those of another folder. */
  aspire(versions: readonly StoredVersion[], folder?: StoredModel["folder"]): void {
    this.#aspired = new Map(versions.map((stored) => [stored.version, stored]));
    this.#folder = folder;
    for (const entry of [...this.#entries.values()]) {
      if (!this.#isAspired(entry)) this.#abandon(entry);
    }
    for (const stored of versions) this.#want(stored);
    this.#step();
  }

  /** Newest first. */
  statuses(): readonly VersionStatus[] {
    return [...this.#entries.values()]
      .sort((left, right) => newestFirst(left.version, right.version))
      .map(({ version, state, sinceMs, error }) => ({
        version,
        state,
        sinceMs,
        ...(error !== undefined && { error }),
      }));
  }

  /** Whether nothing is known of it and nothing is wanted. */
  get forgotten(): boolean {
    return this.#entries.size === 0 && this.#aspired.size === 0;
  }

  /** Settles when no load or unload is under way; those that failed count as settled. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  /** Unloads everything, for good. */
  async stop(): Promise<void> {
    this.aspire([]);
    await this.settled();
    for (const entry of this.#entries.values()) clearTimeout(entry.timer);
  }

  #want({ version, fingerprint }: StoredVersion): void {
    const entry = this.#entries.get(version);
    if (entry === undefined || entry.state === "end") {
      clearTimeout(entry?.timer);
      this.#begin(version, fingerprint, entry?.state);
    } else if (entry.folder !== this.#folder) {
      // Begins anew once what is there has ended.
      return;
    } else if (entry.state === "error" && entry.fingerprint !== fingerprint) {
      entry.failures = 0;
      this.#retry(entry, fingerprint);
    } else if (entry.state === "available" && entry.fingerprint !== fingerprint) {
      entry.fingerprint = fingerprint;
      this.#logger.warn(
        `The files of model ${this.#model} version ${version} were changed while it is in service; it goes on as it was ` +
          "loaded. Publish what changed as a new version",
      );
    }
  }

  #begin(version: ModelVersion, fingerprint: string, from: VersionState | undefined): void {
    const loading = new AbortController();
    const folder = this.#folder;
    const entry: Entry = { version, state: "start", sinceMs: Date.now(), fingerprint, folder, failures: 0, loading };
    this.#entries.set(version, entry);
    this.#effects.stateChanged(version, from, "start");
  }

  #isAspired({ version, folder }: Entry): boolean {
    return this.#aspired.has(version) && folder === this.#folder;
  }

  /** Lets go of a version that is no longer wanted, unless the policy decides about it. */
  #abandon(entry: Entry): void {
    if (entry.state === "loading") entry.loading.abort();
    if (entry.state === "start" || entry.state === "error") this.#end(entry);
  }

  /** Takes every step that the policy asks for now. */
  #step(): void {
    for (;;) {
      const action = this.#policy(
        [...this.#entries.values()].map((entry) => ({
          version: entry.version,
          state: entry.state,
          aspired: this.#isAspired(entry),
        })),
      );
      const entry = action === undefined ? undefined : this.#entries.get(action.version);
      if (action === undefined || entry === undefined) return;
      this.#track(action.kind === "load" ? this.#load(entry) : this.#unload(entry));
    }
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => {
      this.#underWay.delete(tracked);
      this.#step();
    });
    this.#underWay.add(tracked);
  }

  async #load(entry: Entry): Promise<void> {
    this.#move(entry, "loading");
    try {
      entry.servable = await this.#effects.load(entry.version, entry.loading.signal);
    } catch (thrown) {
      if (entry.loading.signal.aborted) this.#end(entry);
      else this.#fail(entry, PlinthError.from(thrown));
      return;
    }
    if (entry.loading.signal.aborted) {
      await this.#free(entry);
      this.#end(entry);
      return;
    }
    delete entry.error;
    entry.failures = 0;
    this.#move(entry, "available", () => this.#publish());
  }

  async #unload(entry: Entry): Promise<void> {
    this.#move(entry, "unloading");
    this.#publish();
    await entry.servable?.quiesce();
    await this.#free(entry);
    this.#end(entry);
  }

  async #free(entry: Entry): Promise<void> {
    try {
      await entry.servable?.free();
    } catch (error) {
      this.#logger.error(`Model ${this.#model} version ${entry.version} could not be freed cleanly`, { error });
    }
    delete entry.servable;
  }

  #fail(entry: Entry, error: PlinthError): void {
    entry.error = error;
    entry.failures++;
    const delayMs = retryDelayMs(entry.failures);
    this.#move(entry, "error");
    entry.timer = setTimeout(() => {
      this.#retry(entry, entry.fingerprint);
      this.#step();
    }, delayMs);
    entry.timer.unref();
  }

  #retry(entry: Entry, fingerprint: string): void {
    clearTimeout(entry.timer);
    entry.fingerprint = fingerprint;
    this.#move(entry, "start");
  }

  #end(entry: Entry): void {
    clearTimeout(entry.timer);
    this.#move(entry, "end");
    const wantedAgain = this.#aspired.get(entry.version);
    if (wantedAgain !== undefined) {
      this.#begin(entry.version, wantedAgain.fingerprint, "end");
      return;
    }
    entry.timer = setTimeout(() => this.#entries.delete(entry.version), ENDED_RETENTION_MS);
    entry.timer.unref();
  }

  /** `enter` takes effect before the new state is told, so that what is told is already true. */
  #move(entry: Entry, to: VersionState, enter?: () => void): void {
    const from = entry.state;
    if (!isLegalMove(from, to)) {
      throw new PlinthError(
        "INTERNAL",
        `Model ${this.#model} version ${entry.version} cannot go from ${from} to ${to}`,
      );
    }
    entry.state = to;
    entry.sinceMs = Date.now();
    enter?.();
    this.#effects.stateChanged(entry.version, from, to, to === "error" ? entry.error : undefined);
  }

  #publish(): void {
    const serving = [...this.#entries.values()].filter(({ state }) => state === "available");
    this.#effects.serve(serving.flatMap(({ servable }) => (servable === undefined ? [] : [servable])));
  }
}
