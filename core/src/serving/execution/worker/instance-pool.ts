import { setMaxListeners } from "node:events";
import type { RunCall } from "../../../extension-points/backend.js";
import { PlinthError } from "../../../model/errors.js";
import type { Signature } from "../../../model/signature.js";
import type { NamedTensors } from "../../../model/tensor.js";
import { DEFAULT_MAX_STREAMS, type ExecutedModel, type Outage } from "../executed-model.js";
import type { LoadedInstance, ModelInstance } from "./model-instance.js";

export interface InstancePoolOptions {
  /** Starts one more instance; rejects when `signal` aborts. */
  readonly start: (signal: AbortSignal) => Promise<LoadedInstance>;
  /** Told of an instance that has died. */
  readonly died: (error: PlinthError) => void;
  readonly counts: ExecutorCounts;
}

/** Where the workers of a version are counted. */
export interface ExecutorCounts {
  executorStarted(): void;
  executorDied(): void;
}

/** Pause before an instance that has died is replaced, in milliseconds. */
export const FIRST_REPLACEMENT_MS = 100;

/** Longest pause between replacements that fail, in milliseconds. */
export const MAX_REPLACEMENT_MS = 30_000;

/** A replacement that dies sooner than this has failed too, in milliseconds. */
const SETTLED_MS = 5_000;

/** Pause before the next replacement after this many have failed in a row, in milliseconds. */
export function replacementDelayMs(failures: number): number {
  return Math.min(FIRST_REPLACEMENT_MS * 2 ** failures, MAX_REPLACEMENT_MS);
}

/**
 * Below this time of a run, in milliseconds, a second one is sent to an instance ahead of the first one's answer: the way to a worker
 * and back takes about 0.05 ms, which would be lost between two runs.
 */
const PIPELINED_RUN_MS = 2;

/** Several instances of one model, each in a worker of its own. One that dies is replaced. */
export class InstancePool implements ExecutedModel {
  readonly signatures: ReadonlyMap<string, Signature>;
  readonly details: ReadonlyMap<string, string> | undefined;
  readonly #options: InstancePoolOptions;
  readonly #instances = new Set<ModelInstance>();
  readonly #stopping = new AbortController();
  readonly #replacing = new Set<Promise<void>>();
  readonly #pauses = new Set<NodeJS.Timeout>();
  readonly #memory: Disposable[] = [];
  #outage: Outage | undefined;
  /** Replacements that have failed in a row. */
  #failures = 0;
  readonly #listeners: (() => void)[] = [];
  readonly #maxStreams: number;

  constructor(first: LoadedInstance, options: InstancePoolOptions) {
    this.signatures = first.signatures;
    this.details = first.details;
    this.#maxStreams = first.maxStreams ?? DEFAULT_MAX_STREAMS;
    this.#options = options;
    // All instances may be replaced at the same time.
    setMaxListeners(0, this.#stopping.signal);
    this.#add(first.instance, false);
  }

  get slots(): number {
    return this.#instances.size * (this.meanRunMs < PIPELINED_RUN_MS ? 2 : 1);
  }

  get streamSlots(): number {
    return this.#instances.size * this.#maxStreams;
  }

  /** Of late, without the way to the worker and back, in milliseconds. `NaN` while no instance is up. */
  get meanRunMs(): number {
    let sum = 0;
    for (const { meanRunMs } of this.#instances) sum += meanRunMs;
    return sum / this.#instances.size;
  }

  get outage(): Outage | undefined {
    return this.#outage;
  }

  onChange(changed: () => void): void {
    this.#listeners.push(changed);
  }

  /** Starts one more instance. Its memory, where it has some of its own, is given back with the pool, or at once where it fails. */
  async grow(memory: Disposable | undefined, signal: AbortSignal): Promise<void> {
    try {
      this.#add((await this.#options.start(signal)).instance, false);
      if (memory !== undefined) this.#memory.push(memory);
    } catch (error) {
      memory?.[Symbol.dispose]();
      throw error;
    }
  }

  /** On the instance that has least to do. */
  async run(call: RunCall): Promise<NamedTensors> {
    return this.#idlest(({ runsUnderWay }) => runsUnderWay).run(call);
  }

  stream(call: RunCall): AsyncIterable<NamedTensors> {
    return this.#idlest(({ streamsUnderWay }) => streamsUnderWay).stream(call);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    for (const timer of this.#pauses) clearTimeout(timer);
    const instances = [...this.#instances];
    this.#instances.clear();
    await Promise.all([...this.#replacing, ...instances.map((instance) => instance[Symbol.asyncDispose]())]);
    for (const memory of this.#memory.splice(0)) memory[Symbol.dispose]();
  }

  #idlest(work: (instance: ModelInstance) => number): ModelInstance {
    let idlest: ModelInstance | undefined;
    for (const instance of this.#instances) {
      if (idlest === undefined || work(instance) < work(idlest)) idlest = instance;
    }
    if (idlest === undefined) throw this.#outage?.error ?? new PlinthError("INTERNAL", "The instances were disposed");
    return idlest;
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }

  #add(instance: ModelInstance, isReplacement: boolean): void {
    const addedAtMs = performance.now();
    this.#instances.add(instance);
    this.#options.counts.executorStarted();
    this.#outage = undefined;
    void instance.ended.then((error) => {
      const diedYoung = performance.now() - addedAtMs < SETTLED_MS;
      if (this.#instances.delete(instance)) this.#lose(error, isReplacement && diedYoung);
    });
    this.#changed();
  }

  #lose(error: PlinthError, hasFailed: boolean): void {
    this.#options.counts.executorDied();
    this.#failures = hasFailed ? this.#failures + 1 : 0;
    this.#note(error);
    this.#replaceLater();
  }

  #note(error: PlinthError): void {
    this.#options.died(error);
    if (this.#instances.size === 0) this.#outage = { error, isLasting: this.#failures > 0 };
    this.#changed();
  }

  #replaceLater(): void {
    const timer = setTimeout(() => {
      this.#pauses.delete(timer);
      const replacing = this.#replace().finally(() => this.#replacing.delete(replacing));
      this.#replacing.add(replacing);
    }, replacementDelayMs(this.#failures));
    this.#pauses.add(timer);
  }

  async #replace(): Promise<void> {
    const { signal } = this.#stopping;
    try {
      const { instance } = await this.#options.start(signal);
      if (signal.aborted) await instance[Symbol.asyncDispose]();
      else this.#add(instance, true);
    } catch (thrown) {
      if (signal.aborted) return;
      this.#failures++;
      this.#note(PlinthError.from(thrown));
      this.#replaceLater();
    }
  }
}
