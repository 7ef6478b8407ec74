import { PlinthError } from "@plinth/core";

/** Counts the bytes that are kept, and refuses those that would be too many. */
export class ByteBudget {
  readonly #maxBytes: number;
  #usedBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** @throws PlinthError `STORAGE_FULL`; nothing is taken then. */
  take(bytes: number): void {
    if (this.#usedBytes + bytes > this.#maxBytes) {
      throw new PlinthError(
        "STORAGE_FULL",
        `${bytes} more bytes do not fit into the memory storage, which holds ${this.#usedBytes} of ${this.#maxBytes}: ` +
          "remove versions or raise its maxBytes",
        { details: { usedBytes: this.#usedBytes, maxBytes: this.#maxBytes } },
      );
    }
    this.#usedBytes += bytes;
  }

  giveBack(bytes: number): void {
    this.#usedBytes -= bytes;
  }
}
