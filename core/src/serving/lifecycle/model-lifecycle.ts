import type { Logger } from "../../extension-points/logger.js";
import type { VersionStateChanged } from "../../extension-points/monitor.js";
import type { LoadingMode } from "../../extension-points/server-settings.js";
import type { StoredModel, StoredVersion } from "../../extension-points/storage.js";
import { PlinthError } from "../../model/errors.js";
import { type ModelVersion, newestFirst } from "../../model/model-version.js";
import type { VersionState, VersionStatus } from "../../model/version-state.js";
import type { Servable } from "../execution/servable.js";
import type { AnsweringVersion } from "../routing/servable-map.js";
import { heirOf } from "./heir.js";
import type { ReclaimableVersion } from "./memory-budget.js";
import { OnDemandVersion } from "./on-demand-version.js";
import { FIRST_RETRY_DELAY_MS, retryDelayMs } from "./retry-delay.js";
import type { TransitionPolicy, VersionSnapshot } from "./transition-policy.js";
import { isLegalMove } from "./version-states.js";

/** How long an ended version is still told of, in milliseconds. */
export const ENDED_RETENTION_MS = 300_000;

export type StateChange = Pick<VersionStateChanged, "version" | "from" | "to" | "afterMs" | "error">;

/** What a model's lifecycle does to the rest of the server. */
export interface LifecycleEffects {
  load(version: ModelVersion, signal: AbortSignal): Promise<Servable>;
  /** Has requests go to exactly these versions, at once; the first answers what names none. */
  serve(versions: readonly AnsweringVersion[]): void;
  stateChanged(change: StateChange): void;
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
  /** Where requests wait while it is not in memory. The same one for all lives of a version that is wanted all the time. */
  readonly onDemand: OnDemandVersion;
  /** Of a lazy model: whether it was asked for since it was last loaded. */
  isDemanded: boolean;
  /** Ends the pause before the next try, or the time for which an ended version is remembered. */
  timer?: NodeJS.Timeout;
}

interface EntrySnapshot extends VersionSnapshot {
  readonly entry: Entry;
}

/**
 * The life of all versions of one model. Told the complete list of wanted versions, as often as one likes, it moves what is
 * there towards it, a step of the transition policy at a time. Of a lazy model the policy sees a version that is not in memory only
 * when it was asked for, or when it is the heir of one that is.
 */
export class ModelLifecycle {
  readonly #model: string;
  readonly #policy: TransitionPolicy;
  readonly #effects: LifecycleEffects;
  readonly #logger: Logger;
  readonly #entries = new Map<ModelVersion, Entry>();
  readonly #underWay = new Set<Promise<void>>();
  #aspired: ReadonlyMap<ModelVersion, StoredVersion> = new Map();
  #loading: LoadingMode = "eager";
  #answering: readonly AnsweringVersion[] = [];
  #folder: StoredModel["folder"];

  constructor(model: string, policy: TransitionPolicy, effects: LifecycleEffects, logger: Logger) {
    this.#model = model;
    this.#policy = policy;
    this.#effects = effects;
    this.#logger = logger;
  }

  /**
   * The versions that are wanted from now on, when they are loaded, and the folder that they come from; all others are to go, also
   * those of another folder.
   */
  aspire(versions: readonly StoredVersion[], loading: LoadingMode, folder?: StoredModel["folder"]): void {
    this.#loading = loading;
    this.#aspired = new Map(versions.map((stored) => [stored.version, stored]));
    this.#folder = folder;
    for (const entry of [...this.#entries.values()]) {
      if (!this.#isAspired(entry)) this.#abandon(entry);
    }
    for (const stored of versions) this.#want(stored);
    this.#step();
    this.#publish();
  }

  /** Loads now what would only be loaded on demand, or be tried again later: one version, or all that are wanted. */
  load(version?: ModelVersion): void {
    for (const entry of this.#entries.values()) {
      if (!this.#isAspired(entry) || (version !== undefined && entry.version !== version)) continue;
      entry.isDemanded = entry.state !== "available";
      if (entry.state === "error") this.#retry(entry, entry.fingerprint);
    }
    this.#step();
  }

  /** What may come back of the memory that this model has. */
  reclaimable(): readonly ReclaimableVersion[] {
    return [...this.#entries.values()].flatMap((entry) => {
      const isLeaving = entry.state === "unloading" || (entry.state === "loading" && entry.loading.signal.aborted);
      if (!isLeaving && (this.#loading === "eager" || !this.#isAspired(entry))) return [];
      return {
        model: this.#model,
        version: entry.version,
        servable: isLeaving ? undefined : entry.servable,
        evict: (why) => this.#evict(entry, why),
      };
    });
  }

  /** Newest first. */
  statuses(): readonly VersionStatus[] {
    return this.#snapshots().map(({ version, state, entry }) => ({
      version,
      state,
      sinceMs: entry.sinceMs,
      ...(entry.error !== undefined && { error: entry.error }),
      ...(this.#answering.includes(entry.onDemand) && { onDemand: true }),
      ...(entry.servable !== undefined && factsOf(entry.servable)),
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
    this.aspire([], this.#loading);
    await this.settled();
    for (const entry of this.#entries.values()) clearTimeout(entry.timer);
  }

  #want({ version, fingerprint }: StoredVersion): void {
    const entry = this.#entries.get(version);
    if (entry === undefined || entry.state === "end") {
      clearTimeout(entry?.timer);
      this.#begin(version, fingerprint, entry);
      // One of another folder begins anew once what is there has ended.
    } else if (entry.folder === this.#folder && entry.fingerprint !== fingerprint)
      this.#filesChanged(entry, fingerprint);
  }

  #filesChanged(entry: Entry, fingerprint: string): void {
    if (entry.state === "error" || entry.state === "start") {
      entry.failures = 0;
      delete entry.error;
      entry.fingerprint = fingerprint;
      if (entry.state === "error") this.#retry(entry, fingerprint);
    } else if (entry.state === "available") {
      entry.fingerprint = fingerprint;
      this.#logger.warn(
        `The files of model ${this.#model} version ${entry.version} were changed while it is in service; it goes on as it was ` +
          "loaded. Publish what changed as a new version",
      );
    }
  }

  #begin(version: ModelVersion, fingerprint: string, ended: Entry | undefined): void {
    this.#entries.set(version, {
      version,
      state: "start",
      sinceMs: Date.now(),
      fingerprint,
      folder: this.#folder,
      failures: 0,
      loading: new AbortController(),
      onDemand: ended?.onDemand ?? new OnDemandVersion(this.#model, version, () => this.load(version)),
      isDemanded: ended?.isDemanded ?? false,
    });
    const afterMs = ended && Date.now() - ended.sinceMs;
    this.#effects.stateChanged({ version, from: ended?.state, to: "start", afterMs, error: undefined });
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
      const versions = this.#snapshots();
      const heir = heirOf(versions);
      const action = this.#policy(
        versions.filter((each) => each === heir || each.entry.isDemanded || !this.#isOnDemand(each)),
      );
      const entry = action === undefined ? undefined : this.#entries.get(action.version);
      if (action === undefined || entry === undefined) return;
      this.#track(action.kind === "load" ? this.#load(entry) : this.#unload(entry));
    }
  }

  #snapshots(): readonly EntrySnapshot[] {
    return [...this.#entries.values()]
      .map((entry) => ({ entry, version: entry.version, state: entry.state, aspired: this.#isAspired(entry) }))
      .sort((left, right) => newestFirst(left.version, right.version));
  }

  /** Whether requests have the version loaded and wait for it, while it is not in memory. */
  #isOnDemand({ state, aspired }: EntrySnapshot): boolean {
    return this.#loading === "lazy" && aspired && state !== "available" && state !== "error";
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
    entry.isDemanded = false;
    entry.onDemand.answer(entry.servable);
    this.#move(entry, "available");
  }

  /** Only while nobody holds it. It is wanted still, and loaded again when it is asked for. */
  async #evict(entry: Entry, why: string): Promise<void> {
    this.#logger.info(`Model ${this.#model} version ${entry.version} is unloaded ${why}`);
    const unloading = this.#unload(entry);
    this.#track(unloading);
    await unloading;
  }

  async #unload(entry: Entry): Promise<void> {
    this.#move(entry, "unloading");
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
    const isPassing = error.reason === "MEMORY_IN_USE" && this.#answering.includes(entry.onDemand);
    const delayMs = isPassing ? FIRST_RETRY_DELAY_MS : retryDelayMs(++entry.failures);
    entry.error = error;
    entry.isDemanded = false;
    this.#move(entry, "error");
    entry.onDemand.dismiss();
    entry.timer = setTimeout(() => {
      if (isPassing) delete entry.error;
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
      this.#begin(entry.version, wantedAgain.fingerprint, entry);
      return;
    }
    entry.isDemanded = false;
    entry.onDemand.dismiss();
    entry.timer = setTimeout(() => this.#entries.delete(entry.version), ENDED_RETENTION_MS);
    entry.timer.unref();
  }

  /** Takes effect before the new state is told, so that what is told is already true. */
  #move(entry: Entry, to: VersionState): void {
    const from = entry.state;
    if (!isLegalMove(from, to)) {
      throw new PlinthError(
        "INTERNAL",
        `Model ${this.#model} version ${entry.version} cannot go from ${from} to ${to}`,
      );
    }
    const afterMs = Date.now() - entry.sinceMs;
    entry.state = to;
    entry.sinceMs = Date.now();
    this.#publish();
    const error = to === "error" ? entry.error : undefined;
    this.#effects.stateChanged({ version: entry.version, from, to, afterMs, error });
  }

  #publish(): void {
    const versions = this.#snapshots();
    const heir = heirOf(versions);
    const available = versions.flatMap(({ state, entry }) => (state === "available" ? (entry.servable ?? []) : []));
    const onDemand = versions.flatMap((each) => (this.#isOnDemand(each) && each !== heir ? each.entry.onDemand : []));
    const answering = [...available, ...onDemand];
    if (heir === undefined) answering.sort((left, right) => newestFirst(left.version, right.version));
    const isSame = (each: AnsweringVersion, index: number) => each === this.#answering[index];
    if (answering.length === this.#answering.length && answering.every(isSame)) return;
    this.#answering = answering;
    this.#effects.serve(answering);
  }
}

/** What is known of a version while it is in memory. */
function factsOf({
  backend,
  signatures,
  details,
}: Servable): Pick<VersionStatus, "backend" | "signatures" | "details"> {
  return { backend, signatures, ...(details !== undefined && { details }) };
}
