import { CLOSE_BRACKET, COMMA, OPEN_BRACKET, skipBlanks } from "./characters.js";
import { missingComma } from "./skip-value.js";

/**
 * Walks over the list whose bracket is at `at`.
 *
 * @param readItem reads the value at the position it is given, and gives the position after it
 * @returns the position after the list
 * @throws PlinthError `REQUEST_INVALID` for bad syntax between the items
 */
export function readList(bytes: Buffer, at: number, readItem: (at: number) => number): number {
  at = skipBlanks(bytes, at + 1);
  if (bytes[at] === CLOSE_BRACKET) return at + 1;
  for (;;) {
    at = skipBlanks(bytes, readItem(at));
    if (bytes[at] === CLOSE_BRACKET) return at + 1;
    if (bytes[at] !== COMMA) throw missingComma(bytes, at, OPEN_BRACKET);
    at = skipBlanks(bytes, at + 1);
  }
}
