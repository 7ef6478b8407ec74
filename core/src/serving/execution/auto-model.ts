import type { RunCall } from "../../extension-points/backend.js";
import type { Logger } from "../../extension-points/logger.js";
import type { Signature } from "../../model/signature.js";
import type { NamedTensors } from "../../model/tensor.js";
import type { ExecutedModel, Outage } from "./executed-model.js";

/** Longest run, in milliseconds, for which a model is put on the thread that serves requests: not much more than a hop costs under load. */
export const INLINE_RUN_MS = 0.4;

/** A model moves only where its runs are this many times longer or shorter than that, so that it does not go to and fro. */
const HYSTERESIS = 2;

/** Of runs on the serving thread, every eighth is timed, and each once one was long. */
const SAMPLED_RUNS = 8;

/** Long runs in a row that have a model leave the serving thread: one alone may be the machine's. */
const LONG_RUNS = 4;

/** Runs in a worker after which it is asked whether the model would do better on the serving thread. */
const JUDGED_RUNS = 256;

/** Pause between two moves, in milliseconds, doubled after each. */
const MOVE_PAUSE_MS = 10_000;

/** A model in worker threads, which tells how long its runs take there. */
export interface WorkerModel extends ExecutedModel {
  /** Of late, without the way there and back, in milliseconds. */
  readonly meanRunMs: number;
}

/** Sets memory aside for one more copy of a model; `undefined` where there is none free. Never rejects. */
export type ReserveCopy = () => Disposable | undefined | Promise<Disposable | undefined>;

/** One place where the model can be. */
type Place =
  | { readonly kind: "inline"; readonly model: ExecutedModel }
  | { readonly kind: "workers"; readonly model: WorkerModel };

export interface AutoModelOptions {
  /** For the log, as `Model digits version 2`. */
  readonly name: string;
  /** Loads the model on the serving thread. */
  readonly openInline: (signal: AbortSignal) => Promise<ExecutedModel>;
  /** Loads it in workers. */
  readonly openWorkers: (signal: AbortSignal) => Promise<WorkerModel>;
  /** Whether it may ever be loaded on the serving thread: not where that would take long. */
  readonly mayBeInline: boolean;
  /** Asked for the time of a move, in which there are two copies. */
  readonly reserveCopy: ReserveCopy;
  readonly logger: Logger;
}

/**
 * A model that runs on the serving thread as long as its runs are shorter than the way to a worker, and in workers otherwise; it moves
 * when that turns out to have changed, as with larger batches. While it moves, requests go on where it was.
 */
export class AutoModel implements ExecutedModel {
  readonly signatures: ReadonlyMap<string, Signature>;
  readonly details: ReadonlyMap<string, string> | undefined;
  readonly #options: AutoModelOptions;
  readonly #stopping = new AbortController();
  #used: UsedPlace;
  readonly #listeners: (() => void)[] = [];
  #runs = 0;
  #longRuns = 0;
  #moving: Promise<void> | undefined;
  #mayMoveAtMs = 0;
  #moves = 0;

  constructor(place: Place, options: AutoModelOptions) {
    this.signatures = place.model.signatures;
    this.details = place.model.details;
    this.#options = options;
    this.#used = new UsedPlace(place);
    place.model.onChange(() => this.#changed());
  }

  get slots(): number {
    return this.#used.place.model.slots;
  }

  get streamSlots(): number {
    return this.#used.place.model.streamSlots;
  }

  get outage(): Outage | undefined {
    return this.#used.place.model.outage;
  }

  onChange(changed: () => void): void {
    this.#listeners.push(changed);
  }

  run(call: RunCall): Promise<NamedTensors> {
    this.#runs++;
    const { place } = this.#used;
    if (place.kind === "inline") {
      const isTimed = this.#longRuns > 0 || this.#runs % SAMPLED_RUNS === 0;
      return isTimed ? this.#timedRun(call) : this.#used.run(call);
    }
    if (this.#runs % JUDGED_RUNS === 0 && place.model.meanRunMs < INLINE_RUN_MS / HYSTERESIS) this.#move("inline");
    return this.#used.run(call);
  }

  /** Models that stream stay in workers and are not made one of these; one that is, streams where it is. */
  stream(call: RunCall): AsyncIterable<NamedTensors> {
    return this.#used.place.model.stream(call);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#moving;
    await this.#used.place.model[Symbol.asyncDispose]();
  }

  /** What counts is how long the serving thread is held up, not how long the answer takes. */
  #timedRun(call: RunCall): Promise<NamedTensors> {
    const beganAtMs = performance.now();
    const outputs = this.#used.run(call);
    const isLong = performance.now() - beganAtMs > INLINE_RUN_MS * HYSTERESIS;
    this.#longRuns = isLong ? this.#longRuns + 1 : 0;
    if (this.#longRuns >= LONG_RUNS) this.#move("workers");
    return outputs;
  }

  #move(to: Place["kind"]): void {
    const nowMs = performance.now();
    if (this.#moving !== undefined || nowMs < this.#mayMoveAtMs || this.#stopping.signal.aborted) return;
    if (to === "inline" && !this.#options.mayBeInline) return;
    this.#mayMoveAtMs = nowMs + MOVE_PAUSE_MS * 2 ** this.#moves++;
    this.#moving = this.#moveTo(to).finally(() => {
      this.#moving = undefined;
    });
  }

  /** Never rejects; what fails is logged. */
  async #moveTo(to: Place["kind"]): Promise<void> {
    const { name, logger, reserveCopy } = this.#options;
    const { signal } = this.#stopping;
    const copy = await reserveCopy();
    if (copy === undefined) return;
    try {
      const left = this.#used;
      this.#use(await this.#open(to, signal));
      logger.info(
        to === "inline"
          ? `${name} moved to the serving thread: its runs are short`
          : `${name} moved to workers: its runs are long`,
      );
      await this.#leave(left);
    } catch (error) {
      if (!signal.aborted)
        logger.warn(`${name} could not be moved to where it would run better; it goes on where it is`, { error });
    } finally {
      copy[Symbol.dispose]();
    }
  }

  #use(place: Place): void {
    this.#used = new UsedPlace(place);
    this.#longRuns = 0;
    place.model.onChange(() => this.#changed());
    this.#changed();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }

  async #leave(left: UsedPlace): Promise<void> {
    await left.idle();
    try {
      await left.place.model[Symbol.asyncDispose]();
    } catch (error) {
      const { name, logger } = this.#options;
      logger.error(`${name} could not be freed cleanly where it was before`, { error });
    }
  }

  async #open(to: Place["kind"], signal: AbortSignal): Promise<Place> {
    return to === "inline"
      ? { kind: to, model: await this.#options.openInline(signal) }
      : { kind: to, model: await this.#options.openWorkers(signal) };
  }
}

/** A place with the runs that are under way there, so that it is left only after the last. */
class UsedPlace {
  readonly place: Place;
  #underWay = 0;
  #whenIdle: (() => void) | undefined;

  constructor(place: Place) {
    this.place = place;
  }

  run(call: RunCall): Promise<NamedTensors> {
    this.#underWay++;
    try {
      const outputs = this.place.model.run(call);
      outputs.then(this.#done, this.#done);
      return outputs;
    } catch (thrown) {
      this.#done();
      return Promise.reject(thrown);
    }
  }

  /** Settles when nothing is under way. Called once, when no more runs come. */
  async idle(): Promise<void> {
    if (this.#underWay === 0) return;
    await new Promise<void>((resolve) => {
      this.#whenIdle = resolve;
    });
  }

  readonly #done = (): void => {
    this.#underWay--;
    if (this.#underWay === 0) this.#whenIdle?.();
  };
}
