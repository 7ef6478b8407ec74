import { PlinthError } from "../../model/errors.js";

/**
 * A version's need of memory for each byte of its files: TensorFlow Serving's estimate (`kResourceEstimateRAMMultiplier` of its
 * saved-model bundle factory).
 */
const BYTES_PER_FILE_BYTE = 1.2;

/** Need of memory of a version whose files have this size together, in bytes. */
export function estimatedNeedBytes(fileBytes: number): number {
  return Math.ceil(fileBytes * BYTES_PER_FILE_BYTE);
}

/** What all loaded and loading versions may need together. Memory is set aside before a load begins, so that loads at the same time cannot overdraw it. */
export class MemoryBudget {
  readonly #budgetBytes: number;
  #usedBytes = 0;

  /** @param budgetBytes 0: no bound */
  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
  }

  /**
   * Sets memory aside until the reservation is disposed.
   *
   * @param what for the message, as `Model digits version 3`
   * @throws PlinthError `MEMORY_BUDGET_EXCEEDED`, with the figures
   */
  reserve(what: string, needBytes: number): Disposable {
    if (this.#budgetBytes > 0 && this.#usedBytes + needBytes > this.#budgetBytes) throw this.#exceeded(what, needBytes);
    this.#usedBytes += needBytes;
    let isReleased = false;
    return {
      [Symbol.dispose]: () => {
        if (!isReleased) this.#usedBytes -= needBytes;
        isReleased = true;
      },
    };
  }

  #exceeded(what: string, needBytes: number): PlinthError {
    const budgetBytes = this.#budgetBytes;
    const usedBytes = this.#usedBytes;
    const fix =
      needBytes > budgetBytes
        ? "it can never fit: raise the budget"
        : "raise the budget, unload something, or let versions of one model take turns with transition: resource-preserving";
    return new PlinthError(
      "MEMORY_BUDGET_EXCEEDED",
      `${what} needs about ${needBytes} bytes, but ${usedBytes} of server.memoryBudgetBytes (${budgetBytes}) are in use; ${fix}`,
      { details: { needBytes, usedBytes, budgetBytes } },
    );
  }
}
