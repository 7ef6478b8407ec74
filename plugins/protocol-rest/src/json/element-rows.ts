import type { DType, DTypeData } from "@plinth/core";
import { BooleanRows } from "./boolean-rows.js";
import { NumberRows } from "./number-rows.js";
import { StringRows } from "./string-rows.js";
import { WideIntegerRows } from "./wide-integer-rows.js";

/**
 * Collects the elements of one tensor, a row (an innermost list) at a time.
 *
 * `bytes` must end in a byte that is neither a digit nor white space (a JSON object ends in a brace), for the loops stop at
 * such a byte instead of asking for the end each time.
 */
export interface ElementRows<D extends DType = DType> {
  /** How many elements the last `readRow` took. */
  taken: number;

  /**
   * Takes elements separated by commas, beginning with the one at `at` (not white space), until something else than a comma
   * follows or there are `most` (at least 1). Gives the position of what follows, white space skipped, or -1 where an element
   * is not of the dtype or out of its range. After a -1 the object is of no more use.
   */
  readRow(at: number, most: number): number;

  /** All elements taken, in order. Call it once, at the end. */
  finish(): DTypeData[D];
}

/**
 * Empty rows of `dtype`; `undefined` for complex numbers, which have no form in JSON.
 *
 * @param interleaved whether other rows are read before these are finished; those that are not share some memory
 */
export function createElementRows(bytes: Buffer, dtype: DType, interleaved: boolean): ElementRows | undefined {
  switch (dtype) {
    case "complex64":
    case "complex128":
      return undefined;
    case "bool":
      return new BooleanRows(bytes);
    case "string":
      return new StringRows(bytes);
    case "int64":
    case "uint64":
      return new WideIntegerRows(bytes, dtype);
    default:
      return new NumberRows(bytes, dtype, interleaved);
  }
}
