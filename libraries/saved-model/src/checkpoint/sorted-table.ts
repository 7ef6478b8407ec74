import { SavedModelError } from "../saved-model-error.js";
import { crc32c, mask } from "./crc32c.js";
import { unpackSnappy } from "./snappy.js";

/** What every table ends with, as LevelDB has it (https://github.com/google/leveldb/blob/main/doc/table_format.md). */
const MAGIC = 0xdb4775248b80fb57n;

const FOOTER_BYTES = 48;

/** One byte that says how a block is packed, and its checksum. */
const TRAILER_BYTES = 5;

const MAX_BLOCK_BYTES = 64 * 1024 * 1024;

const MAX_ENTRIES = 4_000_000;

/**
 * The entries of a table of LevelDB's format, in their order. Checksums of all blocks are checked. Keys are bytes, one a character
 * (`latin1`); values are views where blocks are not compressed.
 *
 * @param file what errors call it
 * @throws SavedModelError `FILE_INVALID`, `CHECKSUM_MISMATCH`, `TOO_LARGE`
 */
export function readSortedTable(bytes: Uint8Array, file: string): ReadonlyMap<string, Uint8Array> {
  const entries = new Map<string, Uint8Array>();
  const { indexBlock } = readFooter(bytes, file);
  for (const [, handle] of blockEntries(readBlock(bytes, indexBlock, file), file)) {
    for (const [key, value] of blockEntries(readBlock(bytes, readHandle(new Cursor(handle, file)), file), file)) {
      entries.set(key, value);
      if (entries.size > MAX_ENTRIES) {
        throw new SavedModelError("TOO_LARGE", `Expected at most ${MAX_ENTRIES} entries in ${file}`);
      }
    }
  }
  return entries;
}

interface BlockHandle {
  readonly offset: number;
  readonly size: number;
}

function readFooter(bytes: Uint8Array, file: string): { indexBlock: BlockHandle } {
  const footer = bytes.subarray(-FOOTER_BYTES);
  const view = new DataView(footer.buffer, footer.byteOffset, footer.byteLength);
  if (footer.length < FOOTER_BYTES || view.getBigUint64(FOOTER_BYTES - 8, true) !== MAGIC) {
    throw new SavedModelError(
      "FILE_INVALID",
      `${file} is cut off or no index of variables: expected LevelDB's mark at its end`,
    );
  }
  const cursor = new Cursor(footer, file);
  readHandle(cursor);
  return { indexBlock: readHandle(cursor) };
}

function readHandle(cursor: Cursor): BlockHandle {
  return { offset: cursor.varint(), size: cursor.varint() };
}

function readBlock(bytes: Uint8Array, { offset, size }: BlockHandle, file: string): Uint8Array {
  if (offset + size + TRAILER_BYTES > bytes.length) {
    throw new SavedModelError(
      "FILE_INVALID",
      `${file} is cut off: expected a block at ${offset} of ${size} bytes, got ${bytes.length} in all`,
    );
  }
  const stored = new DataView(bytes.buffer, bytes.byteOffset + offset + size + 1, 4).getUint32(0, true);
  if (mask(crc32c(bytes.subarray(offset, offset + size + 1))) !== stored) {
    throw new SavedModelError(
      "CHECKSUM_MISMATCH",
      `${file} is damaged: its block at ${offset} does not have its checksum`,
    );
  }
  const block = bytes.subarray(offset, offset + size);
  const packing = bytes[offset + size];
  if (packing === 0) return block;
  if (packing === 1) return unpackSnappy(block, MAX_BLOCK_BYTES);
  throw new SavedModelError(
    "UNSUPPORTED",
    `${file} has a block packed in way ${packing}: expected 0 (not at all) or 1 (Snappy)`,
  );
}

/** Keys share their beginning with the one before. What stands behind them says where keys are whole; reading in order needs none of it. */
function* blockEntries(block: Uint8Array, file: string): Generator<readonly [string, Uint8Array]> {
  const restarts =
    block.length < 4 ? -1 : new DataView(block.buffer, block.byteOffset + block.length - 4, 4).getUint32(0, true);
  const end = block.length - 4 - restarts * 4;
  if (restarts < 0 || end < 0) throw new SavedModelError("FILE_INVALID", `${file} has a damaged block`);
  const cursor = new Cursor(block.subarray(0, end), file);
  let key: Uint8Array = new Uint8Array(0);
  while (!cursor.isAtEnd) {
    const shared = cursor.varint();
    const rest = cursor.varint();
    const size = cursor.varint();
    if (shared > key.length) throw new SavedModelError("FILE_INVALID", `${file} has a damaged key`);
    key = Buffer.concat([key.subarray(0, shared), cursor.take(rest)]);
    yield [Buffer.from(key).toString("latin1"), cursor.take(size)];
  }
}

class Cursor {
  readonly #bytes: Uint8Array;
  readonly #file: string;
  #position = 0;

  constructor(bytes: Uint8Array, file: string) {
    this.#bytes = bytes;
    this.#file = file;
  }

  get isAtEnd(): boolean {
    return this.#position >= this.#bytes.length;
  }

  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 63; shift += 7) {
      const byte = this.#bytes[this.#position++];
      if (byte === undefined) break;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80 && Number.isSafeInteger(value)) return value;
    }
    throw new SavedModelError("FILE_INVALID", `${this.#file} is cut off or damaged inside of a block`);
  }

  take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#position) {
      throw new SavedModelError("FILE_INVALID", `${this.#file} is cut off or damaged inside of a block`);
    }
    this.#position += length;
    return this.#bytes.subarray(this.#position - length, this.#position);
  }
}
