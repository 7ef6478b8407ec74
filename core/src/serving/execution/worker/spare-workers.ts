import type { OpenWorker, WorkerChannel, WorkerListener } from "./worker-channel.js";
import type { FromWorker, ToWorker } from "./worker-messages.js";

/** How long a worker without a model waits for another one, in milliseconds. */
export const SPARE_MS = 10_000;

/** Workers that wait for a model at most: as many as are loaded at once. */
const MAX_SPARES = 2;

/** Models that a worker has one after the other, at most: what they leave to the garbage collector goes with the worker at the latest. */
export const MAX_MODELS = 8;

/**
 * Workers of one backend that outlive their model for a while, so that the next one finds a worker which is started and has made its
 * backend: that takes some 0.2 seconds, and a small model a hundredth of it.
 */
export class SpareWorkers {
  readonly #open: OpenWorker;
  readonly #spares: ReusedWorker[] = [];

  constructor(open: OpenWorker) {
    this.#open = open;
  }

  readonly open: OpenWorker = (listener) => {
    const worker = this.#spares.pop() ?? new ReusedWorker(this.#open, this.#spares);
    worker.hire(listener);
    return worker;
  };
}

/** One worker, for one model after the other. To each of them it has ended when that model is freed. */
class ReusedWorker implements WorkerChannel {
  readonly #channel: WorkerChannel;
  readonly #spares: ReusedWorker[];
  #listener: WorkerListener | undefined;
  #models = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(open: OpenWorker, spares: ReusedWorker[]) {
    this.#spares = spares;
    this.#channel = open({
      received: (message) => this.#receive(message),
      ended: (why) => this.#end(why),
    });
  }

  hire(listener: WorkerListener): void {
    clearTimeout(this.#timer);
    this.#channel.holdProcess?.(true);
    this.#listener = listener;
  }

  send(message: ToWorker, moved: readonly ArrayBuffer[]): void {
    if (message.type === "boot" && this.#models > 0) return;
    if (message.type === "load") this.#models++;
    this.#channel.send(message.type === "dispose" ? { type: "unload" } : message, moved);
  }

  kill(): void {
    this.#channel.kill();
  }

  #receive(message: FromWorker): void {
    if (message.type !== "unloaded") {
      this.#listener?.received(message);
      return;
    }
    const listener = this.#listener;
    this.#listener = undefined;
    if (this.#spares.length < MAX_SPARES && this.#models < MAX_MODELS) this.#wait();
    else this.#channel.send({ type: "dispose" }, []);
    listener?.ended("its model was freed");
  }

  #wait(): void {
    this.#spares.push(this);
    this.#channel.holdProcess?.(false);
    this.#timer = setTimeout(() => {
      this.#leaveSpares();
      this.#channel.send({ type: "dispose" }, []);
    }, SPARE_MS);
    this.#timer.unref();
  }

  #end(why: string): void {
    clearTimeout(this.#timer);
    this.#leaveSpares();
    this.#listener?.ended(why);
  }

  #leaveSpares(): void {
    const index = this.#spares.indexOf(this);
    if (index !== -1) this.#spares.splice(index, 1);
  }
}
