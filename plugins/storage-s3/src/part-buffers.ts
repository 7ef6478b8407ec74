import type { PieceMemory } from "@plinth/core";

/** Size of a part, in bytes. S3 asks for at least 5 MiB, for at most 10,000 of them in an object, and some stores for equal ones. */
export const PART_BYTES: number = 8 * 1024 ** 2;

/** Most parts that one storage has in memory, those that it sends and those that it receives together. */
const MAX_BUFFERS = 6;

/**
 * The memory that parts are in while they are on their way, used over and over; its bound is the bound of a transfer's memory. It is
 * shared, so that another thread can sum what is in it.
 */
export class PartBuffers implements PieceMemory {
  readonly #free: Buffer[] = [];
  readonly #waiting: ((buffer: Buffer) => void)[] = [];
  #made = 0;

  /** A buffer of {@link PART_BYTES}, to be {@link giveBack given back}; waits until there is one. */
  async take(signal: AbortSignal): Promise<Buffer> {
    signal.throwIfAborted();
    const buffer = this.#free.pop() ?? this.#make();
    if (buffer !== undefined) return buffer;
    return new Promise((resolve, reject) => {
      const taken = (given: Buffer) => {
        signal.removeEventListener("abort", abort);
        resolve(given);
      };
      const abort = () => {
        this.#waiting.splice(this.#waiting.indexOf(taken), 1);
        reject(signal.reason);
      };
      this.#waiting.push(taken);
      signal.addEventListener("abort", abort, { once: true });
    });
  }

  /** @param part a buffer, or a part of one: all of it is free then */
  giveBack({ buffer: memory }: Uint8Array): void {
    const buffer = Buffer.from(memory);
    const next = this.#waiting.shift();
    if (next) next(buffer);
    else this.#free.push(buffer);
  }

  #make(): Buffer | undefined {
    if (this.#made === MAX_BUFFERS) return undefined;
    this.#made++;
    return Buffer.from(new SharedArrayBuffer(PART_BYTES));
  }
}
