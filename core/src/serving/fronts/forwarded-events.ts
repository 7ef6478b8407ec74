import type { Monitor, Sampling, ServerEvent } from "../../extension-points/monitor.js";
import type { MainDuties } from "./duties.js";
import { type PackedEvent, packEvent } from "./packed-event.js";
import type { Peer } from "./peer.js";

/** Longest that an event waits for others to be told together with, in milliseconds. */
const FLUSH_INTERVAL_MS = 50;

/** Most events that wait. Further ones are left out and counted. */
export const MAX_WAITING_EVENTS = 16_384;

/**
 * Stands for all monitors of the main process in a front: sends them what happens, many events at a time. The next ones are sent when
 * the main process has taken those before, so that a slow one is not buried under them.
 */
export class ForwardedEvents implements Monitor {
  readonly name = "main process";
  readonly sampling: Sampling | undefined;
  readonly ignoresSuccess: boolean;
  readonly #main: Pick<Peer<MainDuties>, "call">;
  #waiting: PackedEvent[] = [];
  #dropped = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Settles when all that was sent has been taken. */
  #sent: Promise<void> = Promise.resolve();

  /**
   * @param sampling what the monitors of the main process want
   * @param ignoresSuccess whether none of them wants to hear of what went well
   */
  constructor(main: Pick<Peer<MainDuties>, "call">, sampling?: Sampling | undefined, ignoresSuccess = false) {
    this.#main = main;
    this.sampling = sampling;
    this.ignoresSuccess = ignoresSuccess;
  }

  async start(): Promise<void> {}

  observe(event: ServerEvent): void {
    if (this.#waiting.length >= MAX_WAITING_EVENTS) this.#dropped++;
    else this.#waiting.push(packEvent(event));
    this.#timer ??= setTimeout(() => void this.flush(), FLUSH_INTERVAL_MS);
  }

  /** Sends all that waits; settles when the main process has taken it. */
  async flush(): Promise<void> {
    this.#sent = this.#sent.then(() => this.#send());
    await this.#sent;
  }

  async #send(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting.length === 0 && this.#dropped === 0) return;
    const batch = { events: this.#waiting, dropped: this.#dropped };
    this.#waiting = [];
    this.#dropped = 0;
    // A main process that has gone takes this one with it.
    await this.#main.call("observe", batch).catch(() => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.flush();
  }
}
