import type { Endpoint } from "../../src/index.js";
import type { FrontDuties, MainDuties } from "../../src/serving/fronts/duties.js";
import type { FrontListener } from "../../src/serving/fronts/front-channel.js";
import { FrontModels } from "../../src/serving/fronts/front-models.js";
import { Peer, type PeerMessage } from "../../src/serving/fronts/peer.js";
import { LocalModelServer } from "../../src/serving/local-model-server.js";
import { ServerEvents } from "../../src/serving/server-events.js";
import { FrontStatistics } from "../../src/serving/statistics/front-statistics.js";
import { FakeBackend } from "./fake-backend.js";
import { RecordingLogger } from "./recording-logger.js";

/** A front in this process: messages to it and from it are cloned, and it can be made to die or to be deaf. */
export class FakeFront implements FrontDuties {
  readonly backend = new FakeBackend();
  readonly server: LocalModelServer;
  readonly main: Peer<MainDuties>;
  readonly models: FrontModels;
  readonly statistics = new FrontStatistics();
  /** What it was asked to do, in that order. */
  readonly asked: string[] = [];
  /** Holds up what it is asked for, as one does that is busy. */
  deaf: Promise<void> = Promise.resolve();
  /** Called before it listens; may throw. */
  onListen: () => Promise<void> = async () => {};
  url = "fake://here";
  isDraining = false;
  readonly pid: number;
  readonly #listener: FrontListener;
  #inbox: Promise<void> = Promise.resolve();
  #hasEnded = false;

  constructor(pid: number, listener: FrontListener) {
    this.pid = pid;
    this.#listener = listener;
    const logger = new RecordingLogger();
    const events = new ServerEvents([], logger, this.statistics);
    this.main = new Peer<MainDuties>((message) => this.#toMain(message), this);
    this.models = new FrontModels({
      main: this.main,
      makeBackend: async () => ({ backend: this.backend, recipe: undefined }),
      shadowCounts: (servable) => this.server.shadowCounts(servable),
      events,
      logger,
    });
    this.server = new LocalModelServer(this.models.served, events);
  }

  /** Takes a message of the main process. */
  receive(message: PeerMessage): void {
    const clone = structuredClone(message);
    this.#inbox = this.#inbox
      .then(() => this.deaf)
      .then(() => {
        if (this.#hasEnded) return;
        if ("duty" in clone) this.asked.push(clone.duty);
        this.main.receive(clone);
      });
  }

  /** As if it had crashed. */
  die(why = "it was ended by SIGSEGV"): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    setImmediate(() => this.#listener.ended(why));
  }

  async compose(): Promise<void> {}

  load(order: Parameters<FrontDuties["load"]>[0]): ReturnType<FrontDuties["load"]> {
    return this.models.load(order);
  }

  free(servable: number): Promise<void> {
    return this.models.free(servable);
  }

  follow(snapshots: Parameters<FrontDuties["follow"]>[0]): Promise<void> {
    return this.models.follow(snapshots);
  }

  run(order: Parameters<FrontDuties["run"]>[0]): ReturnType<FrontDuties["run"]> {
    return this.models.run(order);
  }

  stream(order: Parameters<FrontDuties["stream"]>[0]): ReturnType<FrontDuties["stream"]> {
    return this.models.stream(order);
  }

  async listen(): Promise<readonly Endpoint[]> {
    await this.onListen();
    return [{ url: this.url }];
  }

  async drain(): Promise<void> {
    this.isDraining = true;
    this.models.report();
    await this.main.call("count", this.statistics.take());
  }

  async end(): Promise<void> {
    await this.models[Symbol.asyncDispose]();
    this.die("it ended with code 0");
  }

  #toMain(message: PeerMessage): void {
    const clone = structuredClone(message);
    setImmediate(() => !this.#hasEnded && this.#listener.received(clone));
  }
}
