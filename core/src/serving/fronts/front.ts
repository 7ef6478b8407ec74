import type { ConfigReload, ReloadReport } from "../../extension-points/config-reload.js";
import type { Logger } from "../../extension-points/logger.js";
import { PlinthError } from "../../model/errors.js";
import { unpackError } from "../execution/worker/packed-error.js";
import type { StatisticsReport } from "../statistics/statistics-report.js";
import type { EventBatch, FrontDuties, FrontReport, MainDuties, ReservationId, ServableId } from "./duties.js";
import type { FrontChannel, OpenFront } from "./front-channel.js";
import { Peer } from "./peer.js";

/** What a front may ask of the main process. */
export interface FrontSurroundings {
  demand(version: Parameters<MainDuties["demand"]>[0]): void;
  reserve(servable: ServableId): Promise<Disposable | undefined>;
  observe(batch: EventBatch): void;
  counted(report: StatisticsReport): void;
  /** Told of versions that are in use. */
  used(servables: ReadonlySet<ServableId>): void;
  workerDied(servable: ServableId, error: PlinthError): void;
  configReload(): ConfigReload;
  readonly logger: Logger;
}

const NOTHING_NOTED: FrontReport = { outages: new Map(), shadows: new Map(), used: new Set() };

/** A front, as the main process deals with it. */
export class Front {
  readonly pid: number;
  /** Settles, with the reason, when the process has ended, asked to or not. */
  readonly ended: Promise<PlinthError>;
  /** Has it do one of its duties. @throws PlinthError `EXECUTOR_DIED` where it goes before it has answered */
  readonly call: Peer<FrontDuties>["call"];
  readonly #channel: FrontChannel;
  readonly #peer: Peer<FrontDuties>;
  readonly #duties: DutiesToFront;
  #hasEnded = false;

  constructor(open: OpenFront, surroundings: FrontSurroundings) {
    let tellEnd: (error: PlinthError) => void;
    this.ended = new Promise((resolve) => {
      tellEnd = resolve;
    });
    this.#channel = open({
      received: (message) => this.#peer.receive(message),
      ended: (why) => tellEnd(this.#finish(why)),
    });
    this.pid = this.#channel.pid;
    this.#duties = new DutiesToFront(surroundings, surroundings.logger.child({ front: this.pid }));
    this.#peer = new Peer<FrontDuties>((message) => this.#channel.send(message), this.#duties);
    this.call = this.#peer.call.bind(this.#peer);
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** How its copies fare, as it said last. */
  get report(): FrontReport {
    return this.#duties.report;
  }

  kill(): void {
    this.#channel.kill();
  }

  #finish(why: string): PlinthError {
    const error = new PlinthError(
      "EXECUTOR_DIED",
      `The front process ${this.pid} has gone: ${why}. The requests that it had are lost; send them again`,
      { details: { pid: this.pid } },
    );
    this.#hasEnded = true;
    this.#duties.end();
    this.#peer.end(error);
    return error;
  }
}

/** What the main process does for one front. Memory that it has set aside goes back when the front does. */
class DutiesToFront implements MainDuties {
  report: FrontReport = NOTHING_NOTED;
  readonly #surroundings: FrontSurroundings;
  readonly #logger: Logger;
  readonly #reservations = new Map<ReservationId, Disposable>();
  #lastReservation = 0;
  readonly #ending = new AbortController();
  #hasEnded = false;

  constructor(surroundings: FrontSurroundings, logger: Logger) {
    this.#surroundings = surroundings;
    this.#logger = logger;
  }

  async demand(version: Parameters<MainDuties["demand"]>[0]): Promise<void> {
    this.#surroundings.demand(version);
  }

  async reserve(servable: ServableId): Promise<ReservationId | undefined> {
    const reservation = await this.#surroundings.reserve(servable);
    if (reservation === undefined || this.#hasEnded) {
      reservation?.[Symbol.dispose]();
      return undefined;
    }
    const id = ++this.#lastReservation;
    this.#reservations.set(id, reservation);
    return id;
  }

  async release(id: ReservationId): Promise<void> {
    this.#reservations.get(id)?.[Symbol.dispose]();
    this.#reservations.delete(id);
  }

  reload(): Promise<ReloadReport> {
    return this.#surroundings.configReload().reload({ signal: this.#ending.signal });
  }

  replaceModels({ models, from }: Parameters<MainDuties["replaceModels"]>[0]): Promise<ReloadReport> {
    return this.#surroundings.configReload().replaceModels(models, { from, signal: this.#ending.signal });
  }

  async observe(batch: EventBatch): Promise<void> {
    this.#surroundings.observe(batch);
  }

  async count(report: StatisticsReport): Promise<void> {
    this.#surroundings.counted(report);
  }

  async note(report: FrontReport): Promise<void> {
    this.report = report;
    this.#surroundings.used(report.used);
  }

  async mourn({ servable, error }: Parameters<MainDuties["mourn"]>[0]): Promise<void> {
    this.#surroundings.workerDied(servable, unpackError(error));
  }

  async log({ level, message, fields, errors }: Parameters<MainDuties["log"]>[0]): Promise<void> {
    const unpacked = Object.entries(errors).map(([name, error]) => [name, unpackError(error)]);
    this.#logger[level](message, { ...fields, ...Object.fromEntries(unpacked) });
  }

  /** The front has gone. */
  end(): void {
    this.#hasEnded = true;
    this.#ending.abort();
    for (const reservation of this.#reservations.values()) reservation[Symbol.dispose]();
    this.#reservations.clear();
  }
}
