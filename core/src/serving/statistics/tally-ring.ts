import { RequestTally } from "./request-tally.js";

interface Slot {
  /** The time since the epoch, in slots. */
  readonly number: number;
  readonly tally: RequestTally;
}

/** The tallies of the last slots of time, of which those without requests cost nothing. Times are in milliseconds since the epoch. */
export class TallyRing {
  readonly #slotMs: number;
  readonly #size: number;
  readonly #slots: Slot[] = [];

  constructor(slotMs: number, size: number) {
    this.#slotMs = slotMs;
    this.#size = size;
  }

  /** @returns the slot before, where this begins a new one */
  add(tally: RequestTally, atMs: number): { readonly atMs: number; readonly tally: RequestTally } | undefined {
    const number = Math.floor(atMs / this.#slotMs);
    const newest = this.#slots.at(-1);
    // Another process may be a little behind.
    if (newest !== undefined && newest.number >= number) {
      newest.tally.merge(tally);
      return undefined;
    }
    const slot = { number, tally: new RequestTally() };
    slot.tally.merge(tally);
    this.#slots.push(slot);
    this.#forget(number);
    return newest && { atMs: newest.number * this.#slotMs, tally: newest.tally };
  }

  /** The slot that is being filled, or was last. */
  get newest(): { readonly atMs: number; readonly tally: RequestTally } | undefined {
    const newest = this.#slots.at(-1);
    return newest && { atMs: newest.number * this.#slotMs, tally: newest.tally };
  }

  /** Of all slots up to now. */
  sum(nowMs: number): RequestTally {
    this.#forget(Math.floor(nowMs / this.#slotMs));
    const sum = new RequestTally();
    for (const { tally } of this.#slots) sum.merge(tally);
    return sum;
  }

  /** Since when the slots are, of which there could be some. */
  sinceMs(nowMs: number): number {
    return (Math.floor(nowMs / this.#slotMs) - this.#size + 1) * this.#slotMs;
  }

  #forget(newest: number): void {
    while (this.#slots[0] !== undefined && this.#slots[0].number <= newest - this.#size) this.#slots.shift();
  }
}
