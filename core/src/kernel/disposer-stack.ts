import type { Logger } from "../extension-points/logger.js";

/**
 * Undoes what was done, last in, first out, one at a time: whoever creates a resource pushes its disposal at once. A disposal
 * that throws or hangs is logged and does not keep the others from their turn.
 */
export class DisposerStack {
  readonly #disposers: { readonly name: string; readonly dispose: () => Promise<void> }[] = [];
  readonly #logger: Logger;
  #unwinding: Promise<void> | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** `name` says in the log what could not be disposed. */
  push(name: string, dispose: () => Promise<void>): void {
    this.#disposers.push({ name, dispose });
  }

  /**
   * Disposes everything; a second call waits for the first. A disposal that is not done when `deadline` aborts is left behind,
   * and those after it are begun but hardly waited for, so that stopping ends in any case.
   */
  unwind(deadline: AbortSignal): Promise<void> {
    this.#unwinding ??= this.#unwind(deadline);
    return this.#unwinding;
  }

  async #unwind(deadline: AbortSignal): Promise<void> {
    for (let entry = this.#disposers.pop(); entry !== undefined; entry = this.#disposers.pop()) {
      const { name, dispose } = entry;
      try {
        await settledOrAborted(dispose(), deadline);
      } catch (error) {
        this.#logger.error(`${name} could not be stopped cleanly`, { error });
      }
    }
  }
}

/** Longest wait for a disposal that begins after the deadline, in milliseconds. */
const GRACE_MS = 100;

async function settledOrAborted(disposal: Promise<void>, deadline: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    onAbort = () => {
      timer = setTimeout(() => reject(new Error("It was not done when the time for stopping was over")), GRACE_MS);
    };
    if (deadline.aborted) onAbort();
    else deadline.addEventListener("abort", onAbort, { once: true });
  });
  try {
    await Promise.race([disposal, tooLate]);
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) deadline.removeEventListener("abort", onAbort);
  }
}
