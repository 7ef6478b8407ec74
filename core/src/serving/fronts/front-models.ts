import { isDeepStrictEqual } from "node:util";
import type { Logger } from "../../extension-points/logger.js";
import { PlinthError } from "../../model/errors.js";
import type { NamedTensors } from "../../model/tensor.js";
import type { ShadowCounts } from "../../model/version-state.js";
import { createQueues } from "../batching/create-queues.js";
import type { BackendSource } from "../execution/backend-source.js";
import { executeModel } from "../execution/execute-model.js";
import { Servable } from "../execution/servable.js";
import { HostedStreams } from "../execution/worker/hosted-streams.js";
import { packError } from "../execution/worker/packed-error.js";
import { type PackedTensors, packTensors, unpackTensors } from "../execution/worker/packed-tensors.js";
import type { ServerEvents } from "../server-events.js";
import type {
  FrontReport,
  LoadedCopy,
  LoadOrder,
  MainDuties,
  PackedOutage,
  RunOrder,
  ServableId,
  StreamOrder,
} from "./duties.js";
import { FollowedModels } from "./followed-models.js";
import type { ModelSnapshot } from "./model-snapshot.js";
import type { Peer } from "./peer.js";

export interface FrontModelsOptions {
  readonly main: Pick<Peer<MainDuties>, "call" | "tell">;
  /** Makes a backend out of the data of a {@link LoadOrder}. */
  readonly makeBackend: (data: unknown) => Promise<BackendSource>;
  readonly shadowCounts: (servable: Servable) => ShadowCounts | undefined;
  readonly events: ServerEvents;
  readonly logger: Logger;
}

/** How often the main process is told how the copies fare, where that has changed, in milliseconds. */
const REPORT_INTERVAL_MS = 250;

interface Copy {
  readonly loading: AbortController;
  /** Settles when it is loaded, or is not going to be. */
  readonly loaded: Promise<Servable | undefined>;
  servable?: Servable;
  freed?: Promise<void>;
}

/** A front's own copies of what is loaded, and which requests go to which of them. */
export class FrontModels {
  readonly served: FollowedModels;
  readonly #options: FrontModelsOptions;
  readonly #copies = new Map<ServableId, Copy>();
  readonly #backends = new Map<number, Promise<BackendSource>>();
  /** Those that the main process reads. */
  readonly #streams = new HostedStreams();
  readonly #reporting: NodeJS.Timeout;
  /** The last use of each copy that was told of. */
  readonly #lastUses = new WeakMap<Servable, number>();
  #reported: Pick<FrontReport, "outages" | "shadows"> = { outages: new Map(), shadows: new Map() };

  constructor(options: FrontModelsOptions) {
    this.#options = options;
    this.served = new FollowedModels({
      copyOf: (id) => this.#copies.get(id)?.servable,
      demand: (model, version) => options.main.tell("demand", { model, version }),
    });
    this.#reporting = setInterval(() => this.report(), REPORT_INTERVAL_MS);
    this.#reporting.unref();
  }

  async load(order: LoadOrder): Promise<LoadedCopy> {
    const loading = new AbortController();
    const work = this.#load(order, loading.signal);
    const copy: Copy = { loading, loaded: work.catch(() => undefined) };
    this.#copies.set(order.servable, copy);
    try {
      copy.servable = await work;
      return { signatures: copy.servable.signatures, details: copy.servable.details };
    } catch (error) {
      this.#copies.delete(order.servable);
      throw error;
    }
  }

  async free(id: ServableId): Promise<void> {
    const copy = this.#copies.get(id);
    if (copy === undefined) return;
    copy.freed ??= this.#free(id, copy);
    await copy.freed;
  }

  async follow(snapshots: readonly ModelSnapshot[]): Promise<void> {
    this.served.follow(snapshots);
  }

  async run({ servable: id, signature, outputs, tensors }: RunOrder): Promise<PackedTensors> {
    const servable = this.#held(id);
    try {
      const call = { signature, outputs, inputs: unpackTensors(tensors) };
      return packTensors((await servable.infer(call, performance.now())).outputs);
    } finally {
      servable.release();
    }
  }

  async stream(order: StreamOrder): Promise<PackedTensors | undefined> {
    const { type, stream } = order;
    if (type === "step") return this.#streams.next(stream);
    if (type === "open") this.#streams.open(stream, (signal) => this.#stream(order.call, signal));
    else await this.#streams.stop(stream);
    return undefined;
  }

  /** Tells how the copies fare now, unless it was told already. */
  report(): void {
    const outages = new Map<ServableId, PackedOutage>();
    const shadows = new Map<ServableId, ShadowCounts>();
    const used = new Set<ServableId>();
    for (const [id, { servable }] of this.#copies) {
      if (servable === undefined) continue;
      const { outage, lastUse, isHeld } = servable;
      if (outage !== undefined) outages.set(id, { error: packError(outage.error), isLasting: outage.isLasting });
      const counts = this.#options.shadowCounts(servable);
      if (counts !== undefined) shadows.set(id, { ...counts });
      if (isHeld || this.#lastUses.get(servable) !== lastUse) used.add(id);
      this.#lastUses.set(servable, lastUse);
    }
    if (used.size === 0 && isDeepStrictEqual({ outages, shadows }, this.#reported)) return;
    this.#reported = { outages, shadows };
    this.#options.main.tell("note", { outages, shadows, used });
  }

  /** Frees everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#reporting);
    await Promise.allSettled([...this.#copies.keys()].map((id) => this.free(id)));
  }

  async *#stream(
    { servable: id, signature, outputs, tensors }: RunOrder,
    signal: AbortSignal,
  ): AsyncIterable<NamedTensors> {
    const servable = this.#held(id);
    try {
      const call = { signature, outputs, inputs: unpackTensors(tensors), signal };
      for await (const answer of servable.stream(call, performance.now())) yield answer.outputs;
    } finally {
      servable.release();
    }
  }

  #held(id: ServableId): Servable {
    const servable = this.#copies.get(id)?.servable;
    if (servable === undefined) throw new PlinthError("VERSION_NOT_AVAILABLE", "The version is not loaded any more");
    servable.hold();
    return servable;
  }

  async #load(order: LoadOrder, signal: AbortSignal): Promise<Servable> {
    const { servable, model, version, directory, files, backend, execution, batching, description, versions } = order;
    const { main, events } = this.#options;
    const logger = this.#options.logger.child({ model });
    const source = await this.#backend(backend);
    const recorder = events.recorders.recorder(model, version);
    const executed = await executeModel(
      {
        model,
        version,
        // They stay as long as the main process has the version.
        files: { directory, files, [Symbol.asyncDispose]: async () => {} },
        source,
        settings: execution,
        batching,
        description,
        versions,
        reserveCopy: () => this.#reserve(servable),
        isQuiet: () => this.served.isQuiet,
        counts: recorder,
        died: (error) => main.tell("mourn", { servable, error: packError(error) }),
        logger,
      },
      signal,
    );
    const queues = createQueues(executed, {
      model,
      version,
      execution,
      versions,
      batching,
      description,
      events,
      logger,
    });
    return new Servable(model, version, source.backend.name, executed, queues, recorder, async () => {});
  }

  async #free(id: ServableId, { loading, loaded }: Copy): Promise<void> {
    loading.abort();
    const servable = await loaded;
    await servable?.quiesce();
    this.#copies.delete(id);
    await servable?.free();
  }

  #backend({ id, data }: LoadOrder["backend"]): Promise<BackendSource> {
    const made = this.#backends.get(id) ?? this.#options.makeBackend(data);
    this.#backends.set(id, made);
    return made;
  }

  async #reserve(servable: ServableId): Promise<Disposable | undefined> {
    const { main } = this.#options;
    const reservation = await main.call("reserve", servable).catch(() => undefined);
    return reservation === undefined ? undefined : { [Symbol.dispose]: () => main.tell("release", reservation) };
  }
}
