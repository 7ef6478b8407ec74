import { MINUS, ZERO } from "./characters.js";

/** Most bytes that {@link writeInteger} writes, as for -2147483648. */
export const MAX_INTEGER_BYTES = 11;

/** Writes an integer of up to 32 bits, with or without a sign. @returns the position after it */
export function writeInteger(bytes: Uint8Array, at: number, value: number): number {
  if (value < 0) {
    bytes[at++] = MINUS;
    value = -value;
  }
  let length = 1;
  for (let bound = 10; value >= bound; bound *= 10) length++;
  let rest = value;
  for (let index = at + length - 1; index > at; index--) {
    const quotient = Math.floor(rest / 10);
    bytes[index] = ZERO + rest - quotient * 10;
    rest = quotient;
  }
  bytes[at] = ZERO + rest;
  return at + length;
}
