import { allocateData, type DType, type DTypeData } from "@plinth/core";

/** A typed array that grows while elements are added to it. */
export class GrowingData<D extends Exclude<DType, "string">> {
  /** Room for elements; those before {@link count} are in use. */
  data: DTypeData[D];
  count = 0;
  readonly #dtype: D;

  constructor(dtype: D) {
    this.#dtype = dtype;
    this.data = allocateData(dtype, 0);
  }

  /**
   * Makes room for `extra` more elements, and at once for `expected` in all where it must grow anyway. Gives whether `data` is
   * another array now.
   */
  reserve(extra: number, expected: number): boolean {
    const needed = this.count + extra;
    if (needed <= this.data.length) return false;
    const grown = allocateData(this.#dtype, Math.max(needed, expected));
    (grown as Uint8Array).set(this.data as Uint8Array);
    this.data = grown;
    return true;
  }

  /** The elements in use; a view where there is room left over. */
  finish(): DTypeData[D] {
    if (this.count === this.data.length) return this.data;
    return (this.data as Uint8Array).subarray(0, this.count) as DTypeData[D];
  }
}
