import { SavedModelError } from "../saved-model-error.js";

/**
 * Unpacks a block of Snappy's raw format (https://github.com/google/snappy/blob/main/format_description.txt).
 *
 * @throws SavedModelError `FILE_INVALID` where it is damaged, `TOO_LARGE` where it unpacks to more than `maxBytes`
 */
export function unpackSnappy(packed: Uint8Array, maxBytes: number): Uint8Array {
  const { value: length, next } = readLength(packed);
  if (length > maxBytes) {
    throw new SavedModelError("TOO_LARGE", `Expected a block of at most ${maxBytes} bytes, got ${length}`);
  }
  const output = new Uint8Array(length);
  let from = next;
  let to = 0;
  while (from < packed.length) {
    const tag = packed[from++] as number;
    if ((tag & 3) === 0) {
      const extra = Math.max(0, (tag >>> 2) - 59);
      const size = (extra === 0 ? tag >>> 2 : littleEndian(packed, from, extra)) + 1;
      from += extra;
      if (from + size > packed.length || to + size > length) throw damaged();
      output.set(packed.subarray(from, from + size), to);
      from += size;
      to += size;
    } else {
      const { size, offset, bytes } = readCopy(packed, from, tag);
      from += bytes;
      if (offset === 0 || offset > to || to + size > length) throw damaged();
      for (const end = to + size; to < end; to++) output[to] = output[to - offset] as number;
    }
  }
  if (to !== length) throw damaged();
  return output;
}

function readCopy(packed: Uint8Array, at: number, tag: number): { size: number; offset: number; bytes: number } {
  const kind = tag & 3;
  if (kind === 1) {
    return { size: ((tag >>> 2) & 7) + 4, offset: ((tag >>> 5) << 8) | littleEndian(packed, at, 1), bytes: 1 };
  }
  const bytes = kind === 2 ? 2 : 4;
  return { size: (tag >>> 2) + 1, offset: littleEndian(packed, at, bytes), bytes };
}

function readLength(packed: Uint8Array): { value: number; next: number } {
  let value = 0;
  for (let index = 0; index < 5; index++) {
    const byte = packed[index];
    if (byte === undefined) break;
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return { value, next: index + 1 };
  }
  throw damaged();
}

function littleEndian(bytes: Uint8Array, at: number, count: number): number {
  if (at + count > bytes.length) throw damaged();
  let value = 0;
  for (let index = 0; index < count; index++) value += (bytes[at + index] as number) * 2 ** (8 * index);
  return value;
}

function damaged(): SavedModelError {
  return new SavedModelError("FILE_INVALID", "A compressed block is cut off or damaged");
}
