/** Arrays of the element types that protobuf writes as varints. */
export type VarintData =
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** What a negative number takes, whatever its type. */
const NEGATIVE_BYTES = 10;

/** Bytes that the elements take as varints, one behind the other. */
export function varintsBytes(data: VarintData): number {
  let bytes = 0;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    const halves = halvesOf(data);
    for (let index = 0; index < halves.length; index += 2) {
      bytes += wideBytes(halves[index] as number, halves[index + 1] as number);
    }
    return bytes;
  }
  for (let index = 0; index < data.length; index++) {
    const value = data[index] as number;
    bytes += value < 0 ? NEGATIVE_BYTES : narrowBytes(value);
  }
  return bytes;
}

/** Writes the elements at a place of `bytes` that has room for them, and gives back how many bytes they took. */
export function writeVarints(data: VarintData, bytes: Uint8Array, start: number): number {
  let at = start;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    const halves = halvesOf(data);
    for (let index = 0; index < halves.length; index += 2) {
      at = writeWide(halves[index] as number, halves[index + 1] as number, bytes, at);
    }
    return at - start;
  }
  for (let index = 0; index < data.length; index++) {
    const value = data[index] as number;
    if (value < 0) at = writeWide(value >>> 0, 0xffff_ffff, bytes, at);
    else {
      let left = value;
      while (left >= 0x80) {
        bytes[at++] = (left & 0x7f) | 0x80;
        left >>>= 7;
      }
      bytes[at++] = left;
    }
  }
  return at - start;
}

/** Lower and upper 32 bits of each element in turn. */
function halvesOf(data: BigInt64Array | BigUint64Array): Uint32Array {
  return new Uint32Array(data.buffer, data.byteOffset, data.length * 2);
}

function narrowBytes(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  return value < 0x1000_0000 ? 4 : 5;
}

function wideBytes(low: number, high: number): number {
  if (high === 0) return narrowBytes(low);
  // The lowest 28 bits fill four bytes.
  let bytes = 5;
  for (let above = high * 16 + (low >>> 28); above >= 0x80; above = Math.floor(above / 0x80)) bytes++;
  return bytes;
}

function writeWide(low: number, high: number, bytes: Uint8Array, start: number): number {
  let at = start;
  let lower = low;
  let upper = high;
  while (upper !== 0 || lower >= 0x80) {
    bytes[at++] = (lower & 0x7f) | 0x80;
    lower = ((lower >>> 7) | (upper << 25)) >>> 0;
    upper >>>= 7;
  }
  bytes[at++] = lower;
  return at;
}
