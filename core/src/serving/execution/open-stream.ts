import { PlinthError } from "../../model/errors.js";
import type { NamedTensors } from "../../model/tensor.js";

/**
 * One stream of a model, read step by step. {@link stop} answers at once whoever waits for a step, however long the model takes to end it.
 */
export class OpenStream {
  /** As `StreamCall.untilMs`; `Infinity`: it may go on. */
  readonly deadlineMs: number;
  readonly #iterator: AsyncIterator<NamedTensors>;
  readonly #stopping = new AbortController();
  #interrupt: (error: PlinthError) => void = () => {};
  #stopped: PlinthError | undefined;

  /** @param begin asks the model for the stream, which is to end when the signal aborts */
  constructor(begin: (signal: AbortSignal) => AsyncIterable<NamedTensors>, deadlineMs: number) {
    this.#iterator = begin(this.#stopping.signal)[Symbol.asyncIterator]();
    this.deadlineMs = deadlineMs;
  }

  /**
   * The outputs of the next step; `undefined` once there are none left. Called again only when that is settled.
   *
   * @throws the error of {@link stop}; what the model throws
   */
  next(): Promise<NamedTensors | undefined> {
    if (this.#stopped !== undefined) return Promise.reject(this.#stopped);
    return new Promise((resolve, reject) => {
      this.#interrupt = reject;
      this.#iterator.next().then(({ done, value }) => resolve(done ? undefined : value), reject);
    });
  }

  /** Nobody wants any more of it. */
  stop(error: PlinthError): void {
    this.#stopped ??= error;
    this.#stopping.abort(error);
    this.#interrupt(error);
  }

  /** Has the model end it, and settles when it has. Never rejects: nobody is left to be told. */
  async close(): Promise<void> {
    this.#stopping.abort(new PlinthError("CANCELLED", "The stream was left"));
    try {
      await this.#iterator.return?.();
    } catch {
      // An iterator that is stopped may end in whichever way.
    }
  }
}
