import { PlinthError } from "../../model/errors.js";
import type { ModelVersion } from "../../model/model-version.js";
import { MAX_TIMER_MS } from "../execution/deadline-watch.js";
import type { Servable } from "../execution/servable.js";
import type { Patience, VersionOnDemand } from "../routing/servable-map.js";

/** Requests that wait for one version to be loaded; one more is refused. */
export const MAX_WAITING_REQUESTS = 256;

/** When a refused request may be worth another try, in milliseconds. */
const RETRY_AFTER_MS = 1_000;

/** Where requests wait for a version that is not in memory. */
export class OnDemandVersion implements VersionOnDemand {
  readonly model: string;
  readonly version: ModelVersion;
  readonly #begin: () => void;
  readonly #waiting = new Set<(servable: Servable | undefined) => void>();

  /** @param begin has it loaded; called for each request */
  constructor(model: string, version: ModelVersion, begin: () => void) {
    this.model = model;
    this.version = version;
    this.#begin = begin;
  }

  load({ deadlineMs, signal }: Patience): Promise<Servable | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.size >= MAX_WAITING_REQUESTS) throw this.#tooMany();
      if (signal?.aborted) throw this.#cancelled();
      const leftMs = deadlineMs === undefined ? undefined : deadlineMs - performance.now();
      if (leftMs !== undefined && leftMs <= 0) throw this.#tooLate();
      const leave = () => {
        this.#waiting.delete(take);
        signal?.removeEventListener("abort", cancel);
        clearTimeout(timer);
      };
      const take = (servable: Servable | undefined) => {
        leave();
        servable?.hold();
        resolve(servable);
      };
      const giveUp = (error: PlinthError) => {
        leave();
        reject(error);
      };
      const cancel = () => giveUp(this.#cancelled());
      const timer = leftMs && setTimeout(() => giveUp(this.#tooLate()), Math.min(leftMs, MAX_TIMER_MS));
      signal?.addEventListener("abort", cancel, { once: true });
      this.#waiting.add(take);
      this.#begin();
    });
  }

  /** Gives the loaded version to all that wait, held for each, before anything can take it out of memory again. */
  answer(servable: Servable): void {
    for (const take of this.#waiting) take(servable);
  }

  /** Has all that wait routed anew, since it was not loaded. */
  dismiss(): void {
    for (const take of this.#waiting) take(undefined);
  }

  #tooMany(): PlinthError {
    return new PlinthError(
      "QUEUE_FULL",
      `${this.#name} is being loaded, and ${MAX_WAITING_REQUESTS} requests wait for it already; try again later`,
      { details: { ...this.#details, retryAfterMs: RETRY_AFTER_MS } },
    );
  }

  #tooLate(): PlinthError {
    const message = `${this.#name} was not loaded before the request's deadline; it goes on loading`;
    return new PlinthError("DEADLINE_EXCEEDED", message, { details: this.#details });
  }

  #cancelled(): PlinthError {
    const message = `The client went away before model ${this.model} version ${this.version} was loaded`;
    return new PlinthError("CANCELLED", message, { details: this.#details });
  }

  get #name(): string {
    return `Model ${this.model} version ${this.version}`;
  }

  get #details(): Readonly<Record<string, unknown>> {
    return { model: this.model, version: String(this.version) };
  }
}
