import { PlinthError } from "@plinth/core";
import { QUOTE, SPACE } from "./characters.js";

/**
 * That the document is no JSON: `REQUEST_INVALID`, with the byte at which it went wrong.
 *
 * @param problem what is wrong, in the words of the clients' earlier server where they have been relied on (`Invalid value`)
 * @param expected what could have stood at `at`
 */
export function syntaxError(bytes: Uint8Array, at: number, problem: string, expected: string): PlinthError {
  return new PlinthError(
    "REQUEST_INVALID",
    `JSON Parse error: ${problem} at offset: ${at}. Expected ${expected}, got ${found(bytes, at)}`,
    { details: { offset: at } },
  );
}

function found(bytes: Uint8Array, at: number): string {
  const byte = bytes[at];
  if (byte === undefined) return "the end of the document";
  if (byte === QUOTE) return "a string";
  if (byte > SPACE && byte < 0x7f) return `'${String.fromCharCode(byte)}'`;
  return `byte 0x${byte.toString(16).padStart(2, "0")}`;
}
