import { SavedModelError } from "../saved-model-error.js";
import { crc32c, mask } from "./crc32c.js";

/** Each string is an object, of some hundred bytes. */
const MAX_STRINGS = 10_000_000;

/** Turns the bytes of each element around, in place. */
export function swapBytes(bytes: Uint8Array, width: number): void {
  for (let at = 0; at + width <= bytes.length; at += width) bytes.subarray(at, at + width).reverse();
}

/**
 * A tensor of strings as checkpoints hold it: the length of each, a checksum of the lengths, then all strings one after the other. Strings
 * are views.
 *
 * @param name of the variable, for errors
 * @returns also the checksum of it all, masked, which counts each length as four bytes (eight, from 4 GiB on)
 */
export function decodeStrings(
  bytes: Uint8Array,
  count: number,
  name: string,
): { strings: Uint8Array[]; checksum: number } {
  if (count > MAX_STRINGS) {
    throw new SavedModelError("TOO_LARGE", `Expected at most ${MAX_STRINGS} strings in variable ${name}`);
  }
  if (count > bytes.length) throw damaged(name);
  const lengths = new Array<number>(count);
  const word = Buffer.alloc(8);
  let at = 0;
  let checksum = 0;
  for (let index = 0; index < count; index++) {
    const { value, next } = readVarint(bytes, at, name);
    lengths[index] = value;
    at = next;
    word.writeBigUInt64LE(BigInt(value));
    checksum = crc32c(value < 2 ** 32 ? word.subarray(0, 4) : word, checksum);
  }
  const stored = bytes.subarray(at, at + 4);
  word.writeUInt32LE(mask(checksum));
  if (!word.subarray(0, 4).equals(stored)) {
    throw new SavedModelError(
      "CHECKSUM_MISMATCH",
      `Variable ${name} is damaged: the lengths of its strings do not have their checksum`,
    );
  }
  at += 4;
  const rest = bytes.subarray(at);
  checksum = mask(crc32c(rest, crc32c(stored, checksum)));
  const strings = lengths.map((length) => {
    if (length > bytes.length - at) throw damaged(name);
    at += length;
    return bytes.subarray(at - length, at);
  });
  if (at !== bytes.length) throw damaged(name);
  return { strings, checksum };
}

function readVarint(bytes: Uint8Array, at: number, name: string): { value: number; next: number } {
  let value = 0;
  for (let shift = 0; shift < 49; shift += 7) {
    const byte = bytes[at++];
    if (byte === undefined) break;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return { value, next: at };
  }
  throw damaged(name);
}

function damaged(name: string): SavedModelError {
  return new SavedModelError(
    "FILE_INVALID",
    `Variable ${name} is damaged: its strings do not fill the bytes that it has`,
  );
}
