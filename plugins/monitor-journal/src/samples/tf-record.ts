/** Castagnoli's polynomial, reversed (RFC 3720, B.4). */
const POLYNOMIAL = 0x82f63b78;

/** Added so that checksums of data that holds checksums stay good. */
const MASK = 0xa282ead8;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
  return crc;
});

const LENGTH_BYTES = 8;
const CHECKSUM_BYTES = 4;

/** One record of a TFRecord file: length, its checksum, data, its checksum. https://www.tensorflow.org/tutorials/load_data/tfrecord */
export function tfRecord(data: Uint8Array): Buffer {
  const record = Buffer.alloc(LENGTH_BYTES + CHECKSUM_BYTES + data.length + CHECKSUM_BYTES);
  record.writeBigUInt64LE(BigInt(data.length), 0);
  record.writeUInt32LE(maskedChecksum(record.subarray(0, LENGTH_BYTES)), LENGTH_BYTES);
  record.set(data, LENGTH_BYTES + CHECKSUM_BYTES);
  record.writeUInt32LE(maskedChecksum(data), record.length - CHECKSUM_BYTES);
  return record;
}

/** How many bytes at the start of a file are whole records, by their lengths and the lengths' checksums. */
export function wholeRecords(file: Buffer): number {
  let at = 0;
  while (at + LENGTH_BYTES + CHECKSUM_BYTES <= file.length) {
    const length = file.subarray(at, at + LENGTH_BYTES);
    if (file.readUInt32LE(at + LENGTH_BYTES) !== maskedChecksum(length)) return at;
    const end = at + LENGTH_BYTES + 2 * CHECKSUM_BYTES + Number(length.readBigUInt64LE(0));
    if (end > file.length) return at;
    at = end;
  }
  return at;
}

function maskedChecksum(bytes: Uint8Array): number {
  let crc = ~0;
  // By index: an iterator costs ten times as much.
  for (let at = 0; at < bytes.length; at++) {
    crc = (crc >>> 8) ^ (TABLE[(crc ^ (bytes[at] as number)) & 0xff] as number);
  }
  const checksum = ~crc >>> 0;
  return (((checksum >>> 15) | (checksum << 17)) + MASK) >>> 0;
}
