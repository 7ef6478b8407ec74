import { once } from "node:events";
import { isDeepStrictEqual } from "node:util";
import type { ConfigReload } from "../../extension-points/config-reload.js";
import type { Logger } from "../../extension-points/logger.js";
import type { Endpoint } from "../../extension-points/protocol.js";
import { settledOrAborted } from "../../extension-points/settled-or-aborted.js";
import { PlinthError } from "../../model/errors.js";
import type { ModelVersion } from "../../model/model-version.js";
import type { WorkerRecipe } from "../execution/backend-source.js";
import type { ModelExecution } from "../execution/execute-model.js";
import type { ExecutedModel } from "../execution/executed-model.js";
import type { ExecutionSettings } from "../execution/execution-settings.js";
import { copiesOf, type ModelExecutor } from "../execution/model-executor.js";
import { replacementDelayMs } from "../execution/worker/instance-pool.js";
import type { StatisticsReport } from "../statistics/statistics-report.js";
import type { EventBatch, LoadOrder, ServableId } from "./duties.js";
import { Front } from "./front.js";
import type { OpenFront } from "./front-channel.js";
import { type Holders, SharedModel } from "./shared-model.js";
import { sharedSettings } from "./shared-settings.js";

export interface FrontFleetOptions {
  /** How many fronts there are to be. */
  readonly size: number;
  readonly open: OpenFront;
  /** Takes what happened in fronts. */
  readonly observe: (batch: EventBatch) => void;
  /** Takes what a front has counted. */
  readonly counted: (front: number, report: StatisticsReport) => void;
  /** Has a version loaded that requests wait for. */
  readonly demand: (model: string, version: ModelVersion) => void;
  /** Told of versions that requests have used in fronts. */
  readonly used: (model: string, version: ModelVersion) => void;
  /** Told of each front that has gone. */
  readonly gone: (front: number) => void;
  /** Told of a front that has gone without being asked to; another one takes its place. */
  readonly died: (error: PlinthError) => void;
  /** What applies another configuration where a front asks for that. */
  readonly configReload: () => ConfigReload;
  readonly logger: Logger;
}

/** What is done with a front before it listens. */
export interface FrontOpening {
  /** For {@link FrontDuties.compose}. */
  readonly facts: unknown;
  /** Tells it of all models, and of each change from then on. Called once it has a copy of all that is loaded. */
  introduce(front: Front): Promise<void>;
}

/** A front that has gone sooner than this after it began to listen has failed, in milliseconds. */
const SETTLED_MS = 5_000;

/** How long a front may take to end when nothing is under way any more before it is killed, in milliseconds. */
const END_MS = 5_000;

/**
 * The fronts of a server: as many as there are to be. One that has gone is replaced, gets a copy of all that is loaded, and listens only
 * then. What is loaded meanwhile goes to it as well.
 */
export class FrontFleet implements Holders, ModelExecutor {
  readonly #options: FrontFleetOptions;
  readonly #fronts = new Set<Front>();
  /** Those that are composed, so that they can load. */
  readonly #composed = new Set<Front>();
  readonly #shared = new Map<ServableId, SharedModel>();
  readonly #backendIds = new WeakMap<WorkerRecipe, number>();
  readonly #listensSinceMs = new WeakMap<Front, number>();
  readonly #firstComposed: Promise<void>;
  readonly #pauses = new Set<NodeJS.Timeout>();
  #tellComposed: () => void = () => {};
  #opening: FrontOpening | undefined;
  #endpoints: readonly Endpoint[] = [];
  #lastId = 0;
  #lastBackendId = 0;
  /** Fronts in a row that have failed. */
  #failures = 0;
  #isStarted = false;
  #isStopping = false;
  /** Whether the time for stopping was over before all was answered. */
  #isOverdue = false;

  constructor(options: FrontFleetOptions) {
    this.#options = options;
    this.#firstComposed = new Promise((resolve) => {
      this.#tellComposed = resolve;
    });
  }

  get fronts(): ReadonlySet<Front> {
    return this.#composed;
  }

  /**
   * Starts all fronts and has them listen.
   *
   * @throws PlinthError what a front throws; `EXECUTOR_DIED` where one ends
   */
  async start(opening: FrontOpening): Promise<readonly Endpoint[]> {
    const { size } = this.#options;
    this.#opening = opening;
    const fronts = Array.from({ length: size }, () => this.#begin());
    await Promise.all(fronts.map((front) => this.#compose(front, opening)));
    this.#tellComposed();
    const [endpoints = []] = await Promise.all(fronts.map((front) => this.#open(front, opening)));
    this.#endpoints = endpoints;
    this.#isStarted = true;
    // One may have ended since it began to listen.
    for (let missing = size - this.#fronts.size; missing > 0; missing--) this.#replaceLater();
    return endpoints;
  }

  /** Fronts are processes of their own. */
  readsContents(): boolean {
    return false;
  }

  copiesOf(settings: ExecutionSettings): number {
    const { size } = this.#options;
    return copiesOf(sharedSettings(settings, size)) * size;
  }

  /** Has every front load the model; waits for the first fronts. */
  async execute(execution: ModelExecution, signal: AbortSignal): Promise<ExecutedModel> {
    await settledOrAborted(this.#firstComposed, signal);
    const shared = new SharedModel(++this.#lastId, execution, this);
    this.#shared.set(shared.id, shared);
    try {
      await shared.load(signal);
      return shared;
    } catch (error) {
      // Fronts end before the catalogue stops, which is no fault of the model's.
      if (this.#isStopping && !signal.aborted) await once(signal, "abort");
      throw error;
    }
  }

  freed(shared: SharedModel): void {
    this.#shared.delete(shared.id);
  }

  /** The version's copies, if it is loaded. */
  shared(model: string, version: ModelVersion): SharedModel | undefined {
    return [...this.#shared.values()].find((each) => each.model === model && each.version === version);
  }

  order(
    servable: ServableId,
    { model, version, files, source, settings, batching, description, versions }: ModelExecution,
  ): LoadOrder {
    if (source.recipe === undefined) {
      throw new PlinthError(
        "MODEL_UNSUPPORTED",
        `Model ${model} version ${version} is to be loaded by several processes, but the backend ${source.backend.name} cannot be made in ` +
          "another one: expected a plugin that is built, with options that can be cloned. Use server: { processes: 1 }",
      );
    }
    return {
      servable,
      model,
      version,
      directory: files.directory,
      files: files.files,
      backend: { id: this.#backendId(source.recipe), data: source.recipe.data },
      execution: sharedSettings(settings, this.#options.size),
      batching,
      description,
      versions,
    };
  }

  /** Not ready at once; settles when all requests are answered, or when `signal` aborts. Nothing is replaced any more. */
  async drain(deadlineMs: number, signal: AbortSignal): Promise<void> {
    this.#stopReplacing();
    const drained = [...this.#fronts].map((front) => front.call("drain", { deadlineMs }).catch(() => {}));
    await settledOrAborted(Promise.all(drained), signal);
    this.#isOverdue = signal.aborted;
  }

  /** Ends all fronts; those that do not end by themselves are killed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopReplacing();
    const fronts = [...this.#fronts];
    for (const front of fronts) {
      if (this.#isOverdue || !this.#composed.has(front)) front.kill();
      else front.call("end", undefined).catch(() => {});
    }
    const timer = setTimeout(() => fronts.forEach((front) => void front.kill()), END_MS);
    await Promise.all(fronts.map(({ ended }) => ended));
    clearTimeout(timer);
  }

  #stopReplacing(): void {
    this.#isStopping = true;
    for (const pause of this.#pauses) clearTimeout(pause);
    this.#pauses.clear();
  }

  /** Starts a process. */
  #begin(): Front {
    const { open, observe, counted, demand, used, configReload, logger } = this.#options;
    const front = new Front(open, {
      demand: ({ model, version }) => demand(model, version),
      reserve: async (id) => this.#shared.get(id)?.reserve(),
      observe,
      counted: (report) => counted(front.pid, report),
      used: (ids) => {
        for (const { id, model, version } of this.#shared.values()) if (ids.has(id)) used(model, version);
      },
      configReload,
      workerDied: (id, error) => this.#shared.get(id)?.died(error),
      logger,
    });
    this.#fronts.add(front);
    void front.ended.then((error) => this.#lose(front, error));
    return front;
  }

  async #compose(front: Front, { facts }: FrontOpening): Promise<void> {
    await front.call("compose", facts);
    this.#composed.add(front);
  }

  async #open(front: Front, opening: FrontOpening): Promise<readonly Endpoint[]> {
    await Promise.all([...this.#shared.values()].map((shared) => shared.extendTo(front)));
    await opening.introduce(front);
    const endpoints = await front.call("listen", undefined);
    this.#listensSinceMs.set(front, performance.now());
    return endpoints;
  }

  #lose(front: Front, error: PlinthError): void {
    this.#fronts.delete(front);
    this.#composed.delete(front);
    for (const shared of this.#shared.values()) shared.lose(front);
    this.#options.gone(front.pid);
    if (!this.#isStarted || this.#isStopping) return;
    const sinceMs = this.#listensSinceMs.get(front) ?? Number.POSITIVE_INFINITY;
    this.#failures = performance.now() - sinceMs > SETTLED_MS ? 0 : this.#failures + 1;
    this.#options.died(error);
    this.#replaceLater();
  }

  #replaceLater(): void {
    const pause = setTimeout(() => {
      this.#pauses.delete(pause);
      void this.#replace();
    }, replacementDelayMs(this.#failures));
    this.#pauses.add(pause);
  }

  /** One that cannot take the place is ended, and that brings about the next. */
  async #replace(): Promise<void> {
    const { logger } = this.#options;
    const opening = this.#opening;
    if (opening === undefined) return;
    const front = this.#begin();
    try {
      await this.#compose(front, opening);
      this.#listensAt(await this.#open(front, opening));
      logger.info(`The front process ${front.pid} has taken the place of one that had gone`);
    } catch (error) {
      if (front.hasEnded || this.#isStopping) return;
      logger.error(`The front process ${front.pid} cannot take the place of one that has gone`, { error });
      front.kill();
    }
  }

  /** A port that nobody held for a while, and that any free one would do for, may be another one now. */
  #listensAt(endpoints: readonly Endpoint[]): void {
    if (isDeepStrictEqual(endpoints, this.#endpoints)) return;
    this.#endpoints = endpoints;
    this.#options.logger.warn(`Fronts listen on ${endpoints.map(({ url }) => url).join(", ")} now`);
  }

  #backendId(recipe: WorkerRecipe): number {
    const known = this.#backendIds.get(recipe);
    if (known !== undefined) return known;
    const id = ++this.#lastBackendId;
    this.#backendIds.set(recipe, id);
    return id;
  }
}
