/** Castagnoli's polynomial, reversed (RFC 3720, B.4). */
const POLYNOMIAL = 0x82f63b78;

/** Bytes that one step takes: each has a table of its own ("slicing-by-8", Kounavis and Berry, 2005). */
const SLICES = 8;

/** Added by LevelDB and TensorFlow's record formats, so that checksums of data that holds checksums stay good. */
const MASK = 0xa282ead8;

const TABLES = makeTables();

const NO_WORDS = new Int32Array(0);

/** @param before the checksum of what stands before `bytes` */
export function crc32c(bytes: Uint8Array, before = 0): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = TABLES as unknown as readonly [
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
  ];
  let crc = ~before;
  let at = 0;
  const { length } = bytes;
  while (at < length && ((bytes.byteOffset + at) & 3) !== 0) {
    crc = (crc >>> 8) ^ (t0[(crc ^ (bytes[at++] as number)) & 0xff] as number);
  }
  const pairs = (length - at) >>> 3;
  const words = pairs === 0 ? NO_WORDS : new Int32Array(bytes.buffer, bytes.byteOffset + at, pairs * 2);
  for (let index = 0; index < words.length; index += 2) {
    const low = crc ^ (words[index] as number);
    const high = words[index + 1] as number;
    crc =
      (t7[low & 0xff] as number) ^
      (t6[(low >>> 8) & 0xff] as number) ^
      (t5[(low >>> 16) & 0xff] as number) ^
      (t4[low >>> 24] as number) ^
      (t3[high & 0xff] as number) ^
      (t2[(high >>> 8) & 0xff] as number) ^
      (t1[(high >>> 16) & 0xff] as number) ^
      (t0[high >>> 24] as number);
  }
  for (at += pairs * 8; at < length; at++) crc = (crc >>> 8) ^ (t0[(crc ^ (bytes[at] as number)) & 0xff] as number);
  return ~crc >>> 0;
}

/** A checksum as LevelDB and TensorFlow store it. */
export function mask(checksum: number): number {
  return (((checksum >>> 15) | (checksum << 17)) + MASK) >>> 0;
}

function makeTables(): readonly Int32Array[] {
  const tables = Array.from({ length: SLICES }, () => new Int32Array(256));
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
    for (const table of tables) {
      table[byte] = crc;
      crc = (crc >>> 8) ^ remainder(crc & 0xff);
    }
  }
  return tables;
}

function remainder(byte: number): number {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
  return crc;
}
