import { maskedCrc32c } from "./crc32c.js";

/** Before each record: 8 bytes of length and 4 of its checksum; after it 4 of its own. */
const HEADER_BYTES = 12;
const FOOTER_BYTES = 4;

/** A file that holds no records, or damaged ones. */
export class RecordFileError extends Error {}

/**
 * The records of a TFRecord file, in turn: https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details. They are
 * views of the file.
 *
 * @throws RecordFileError
 */
export function* readRecords(file: Uint8Array): Generator<Uint8Array> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  let at = 0;
  while (at < file.length) {
    if (at + HEADER_BYTES > file.length) throw new RecordFileError(`it is cut off at byte ${at}`);
    if (view.getUint32(at + 8, true) !== maskedCrc32c(file.subarray(at, at + 8))) {
      throw new RecordFileError(`the checksum of the length at byte ${at} does not fit`);
    }
    const length = Number(view.getBigUint64(at, true));
    const begin = at + HEADER_BYTES;
    if (begin + length + FOOTER_BYTES > file.length) throw new RecordFileError(`the record at byte ${at} is cut off`);
    const record = file.subarray(begin, begin + length);
    if (view.getUint32(begin + length, true) !== maskedCrc32c(record)) {
      throw new RecordFileError(`the checksum of the record at byte ${at} does not fit`);
    }
    yield record;
    at = begin + length + FOOTER_BYTES;
  }
}
