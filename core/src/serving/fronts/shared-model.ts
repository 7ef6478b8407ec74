import type { RunCall } from "../../extension-points/backend.js";
import { PlinthError } from "../../model/errors.js";
import type { ModelVersion } from "../../model/model-version.js";
import type { Signature } from "../../model/signature.js";
import type { NamedTensors } from "../../model/tensor.js";
import type { ShadowCounts } from "../../model/version-state.js";
import type { ModelExecution } from "../execution/execute-model.js";
import type { ExecutedModel, Outage } from "../execution/executed-model.js";
import { unpackError } from "../execution/worker/packed-error.js";
import { packTensors, unpackTensors } from "../execution/worker/packed-tensors.js";
import { RemoteStream } from "../execution/worker/remote-stream.js";
import { larger } from "../routing/compare-outputs.js";
import type { LoadedCopy, LoadOrder, ServableId } from "./duties.js";
import type { Front } from "./front.js";

/** What a shared model needs of those who hold its copies. */
export interface Holders {
  /** Fronts that take orders now. */
  readonly fronts: ReadonlySet<Front>;
  order(id: ServableId, execution: ModelExecution): LoadOrder;
  /** Told when no front has a copy any more, and none will get one. */
  freed(shared: SharedModel): void;
}

/** Numbers the streams of all models, so that no front is given a number twice. */
let lastStream = 0;

const NO_COUNTS: ShadowCounts = { agreed: 0, differed: 0, failed: 0, dropped: 0 };

/** A version of which every front holds a copy. */
export class SharedModel implements ExecutedModel {
  readonly id: ServableId;
  readonly slots: number = Number.POSITIVE_INFINITY;
  readonly streamSlots: number = Number.POSITIVE_INFINITY;
  readonly #execution: ModelExecution;
  readonly #holders: Holders;
  /** Fronts that have a copy, or are to have one, and whether it is loaded. Memory for all of them was set aside with the order. */
  readonly #copies = new Map<Front, boolean>();
  #signatures: ReadonlyMap<string, Signature> = new Map();
  #details: ReadonlyMap<string, string> | undefined;
  #isProven = false;
  #isFreed = false;
  #runs = 0;
  /** What fronts had counted that have gone. */
  #countedBefore = NO_COUNTS;

  constructor(id: ServableId, execution: ModelExecution, holders: Holders) {
    this.id = id;
    this.#execution = execution;
    this.#holders = holders;
  }

  get model(): string {
    return this.#execution.model;
  }

  get version(): ModelVersion {
    return this.#execution.version;
  }

  get signatures(): ReadonlyMap<string, Signature> {
    return this.#signatures;
  }

  get details(): ReadonlyMap<string, string> | undefined {
    return this.#details;
  }

  /** None of its instances is up, in no front. */
  get outage(): Outage | undefined {
    const fronts = this.#ready();
    if (fronts.length === 0) return { error: noFront(), isLasting: false };
    const outages = fronts.map(({ report }) => report.outages.get(this.id));
    const [first] = outages;
    if (first === undefined || outages.includes(undefined)) return undefined;
    return { error: unpackError(first.error), isLasting: first.isLasting };
  }

  /** What came of mirroring to it, in all fronts together; `undefined` where nothing was mirrored. */
  get shadowCounts(): ShadowCounts | undefined {
    const counts = [this.#countedBefore, ...[...this.#copies.keys()].flatMap((front) => this.#countsOf(front) ?? [])];
    const sum = counts.reduce(sumOf);
    return sum.agreed + sum.differed + sum.failed + sum.dropped > 0 ? sum : undefined;
  }

  onChange(): void {}

  /**
   * Loads it in one front first, and only then in all others: a model whose load brings its process down takes one front with it,
   * and the others go on serving while each of them loads.
   *
   * @throws PlinthError what the load throws; `EXECUTOR_DIED` where its first front died of it, or no front is up
   */
  async load(signal: AbortSignal): Promise<void> {
    const stop = () => void this[Symbol.asyncDispose]();
    signal.addEventListener("abort", stop, { once: true });
    try {
      signal.throwIfAborted();
      const [first] = this.#holders.fronts;
      if (first === undefined) throw noFront();
      const { signatures, details } = await this.#loadIn(first);
      this.#signatures = signatures;
      this.#details = details;
      this.#isProven = true;
      const others = [...this.#holders.fronts].filter((front) => front !== first);
      await Promise.all(others.map((front) => this.extendTo(front)));
      signal.throwIfAborted();
      if (this.#ready().length === 0) throw noFront();
    } catch (error) {
      await this[Symbol.asyncDispose]();
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  /** Gives another front a copy. Before the first one has it, that is left to {@link load}. */
  async extendTo(front: Front): Promise<void> {
    if (!this.#isProven || this.#isFreed) return;
    try {
      await this.#loadIn(front);
    } catch (error) {
      if (!this.#isFreed && !front.hasEnded) throw error;
    }
  }

  /** A front has gone, and its copy with it. */
  lose(front: Front): void {
    this.#countedBefore = sumOf(this.#countedBefore, this.#countsOf(front) ?? NO_COUNTS);
    this.#copies.delete(front);
  }

  /** Sets memory aside for one more copy in a front; `undefined` where there is none free. */
  async reserve(): Promise<Disposable | undefined> {
    return this.#execution.reserveCopy();
  }

  /** Told of a worker of a front's that has died. */
  died(error: PlinthError): void {
    this.#execution.died(error);
  }

  /** In one of the fronts, which take turns: for what the main process itself asks, as a plugin's route. */
  async run({ signature, inputs, outputs }: RunCall): Promise<NamedTensors> {
    const front = this.#nextFront();
    const order = { servable: this.id, signature, outputs, tensors: packTensors(inputs) };
    return unpackTensors(await front.call("run", order));
  }

  /** As {@link run}. */
  stream({ signature, inputs, outputs, signal }: RunCall): AsyncIterable<NamedTensors> {
    const front = this.#nextFront();
    const stream = ++lastStream;
    const call = { servable: this.id, signature, outputs, tensors: packTensors(inputs) };
    const opening = front.call("stream", { type: "open", stream, call });
    // Told with the first step, where one is asked for.
    opening.catch(() => {});
    const far = {
      next: () => opening.then(() => front.call("stream", { type: "step", stream })),
      stop: async () => void (await front.call("stream", { type: "stop", stream })),
    };
    return new RemoteStream(far, signal, () => {});
  }

  /** Settles when every front has freed its copy, after its last request. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isFreed = true;
    await Promise.all(
      [...this.#copies.keys()].map(async (front) => {
        // A front that has gone has freed it as well.
        await front.call("free", this.id).catch(() => {});
        this.#copies.delete(front);
      }),
    );
    this.#holders.freed(this);
  }

  async #loadIn(front: Front): Promise<LoadedCopy> {
    this.#copies.set(front, false);
    try {
      const loaded = await front.call("load", this.#holders.order(this.id, this.#execution));
      this.#copies.set(front, true);
      return loaded;
    } catch (error) {
      this.#copies.delete(front);
      throw error;
    }
  }

  #nextFront(): Front {
    const fronts = this.#ready();
    const front = fronts[this.#runs++ % fronts.length];
    if (front === undefined) throw noFront();
    return front;
  }

  #ready(): readonly Front[] {
    return [...this.#copies].flatMap(([front, isLoaded]) => (isLoaded ? [front] : []));
  }

  #countsOf({ report }: Front): ShadowCounts | undefined {
    return report.shadows.get(this.id);
  }
}

function sumOf(left: ShadowCounts, right: ShadowCounts): ShadowCounts {
  return {
    agreed: left.agreed + right.agreed,
    differed: left.differed + right.differed,
    failed: left.failed + right.failed,
    dropped: left.dropped + right.dropped,
    maxDifference: larger(left.maxDifference, right.maxDifference),
  };
}

function noFront(): PlinthError {
  return new PlinthError("EXECUTOR_DIED", "No front process is up; they are being replaced, send it again");
}
