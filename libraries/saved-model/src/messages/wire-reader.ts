import { SavedModelError } from "../saved-model-error.js";

/** Messages inside one another; structured values and lists of attributes are the deepest that models have, a few tens. */
const MAX_DEPTH = 100;

/** Values of one file that become objects here: keeps a few bytes from becoming hundreds. */
const MAX_VALUES = 8_000_000;

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** What all readers of one file have in common. */
interface File {
  readonly name: string;
  readonly buffer: Buffer;
  readonly view: DataView;
  values: number;
}

/**
 * Reads the fields of one message of protobuf's wire format (https://protobuf.dev/programming-guides/encoding), bounded in depth and
 * number. Bytes are views.
 *
 * Everything throws SavedModelError: `FILE_INVALID` where the bytes are cut off or a field is of another wire type than asked for,
 * `TOO_DEEP`, `TOO_LARGE`.
 */
export class WireReader {
  readonly #file: File;
  readonly #end: number;
  readonly #depth: number;
  #position: number;
  #wire: number = VARINT;
  #high = 0;

  /** The number of the field that {@link next} found. */
  field = 0;

  private constructor(file: File, start: number, end: number, depth: number) {
    this.#file = file;
    this.#position = start;
    this.#end = end;
    this.#depth = depth;
  }

  /** @param name what messages call the bytes: the name of a file */
  static over(bytes: Uint8Array, name: string): WireReader {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return new WireReader({ name, buffer, view, values: 0 }, 0, bytes.byteLength, 0);
  }

  /** Goes to the next field, whose value is read by one of the methods below; `false` at the end. */
  next(): boolean {
    if (this.#position === this.#end) return false;
    const tag = this.#varint32();
    this.field = tag >>> 3;
    this.#wire = tag & 7;
    if (this.field === 0) throw this.#invalid("a field of number 0");
    return true;
  }

  skip(): void {
    if (this.#wire === VARINT) this.#varint32();
    else if (this.#wire === FIXED64) this.#advance(8);
    else if (this.#wire === LENGTH_DELIMITED) this.#advance(this.#length());
    else if (this.#wire === FIXED32) this.#advance(4);
    else throw this.#invalid(`wire type ${this.#wire}`);
  }

  /** A nested message, to be read by itself; this reader stands behind it. */
  message(): WireReader {
    if (this.#depth === MAX_DEPTH) {
      throw new SavedModelError(
        "TOO_DEEP",
        `Expected at most ${MAX_DEPTH} messages inside one another in ${this.#file.name}`,
      );
    }
    const end = this.#bytesEnd();
    const nested = new WireReader(this.#file, this.#position, end, this.#depth + 1);
    this.#position = end;
    return nested;
  }

  /** A second reader of what this one has not read yet. */
  again(): WireReader {
    return new WireReader(this.#file, this.#position, this.#end, this.#depth);
  }

  bytes(): Uint8Array {
    const end = this.#bytesEnd();
    const { buffer } = this.#file;
    const bytes = new Uint8Array(buffer.buffer, buffer.byteOffset + this.#position, end - this.#position);
    this.#position = end;
    return bytes;
  }

  string(): string {
    const end = this.#bytesEnd();
    const text = this.#file.buffer.toString("utf8", this.#position, end);
    this.#position = end;
    return text;
  }

  bool(): boolean {
    return this.number() !== 0;
  }

  /** An int32, enum or int64 that a number holds exactly. */
  number(): number {
    this.#expect(VARINT);
    const low = this.#varint32();
    const value = (this.#high | 0) * 2 ** 32 + low;
    if (!Number.isSafeInteger(value)) throw this.#invalid("an integer past what can be");
    return value;
  }

  bigint(): bigint {
    this.#expect(VARINT);
    const low = this.#varint32();
    return (BigInt(this.#high | 0) << 32n) | BigInt(low);
  }

  fixed32(): number {
    this.#expect(FIXED32);
    const at = this.#position;
    this.#advance(4);
    return this.#file.view.getUint32(at, true);
  }

  float(): number {
    this.#expect(FIXED32);
    const at = this.#position;
    this.#advance(4);
    return this.#file.view.getFloat32(at, true);
  }

  double(): number {
    this.#expect(FIXED64);
    const at = this.#position;
    this.#advance(8);
    return this.#file.view.getFloat64(at, true);
  }

  /** The values of a repeated field of varints: those that are packed together, or one. Each must be read by `read`. */
  eachVarint(read: (reader: WireReader) => void): void {
    this.#each(VARINT, read);
  }

  /** As {@link eachVarint}, for values of 4 bytes. */
  eachFixed32(read: (reader: WireReader) => void): void {
    this.#each(FIXED32, read);
  }

  /** The bytes of a repeated field of numbers of fixed width: of all of them where they are packed, else of one. */
  fixedBytes(): Uint8Array {
    if (this.#wire === LENGTH_DELIMITED) return this.bytes();
    const width = this.#wire === FIXED64 ? 8 : 4;
    if (width === 4) this.#expect(FIXED32);
    const { buffer } = this.#file;
    const at = buffer.byteOffset + this.#position;
    this.#advance(width);
    this.#count();
    return new Uint8Array(buffer.buffer, at, width);
  }

  /** An entry of a map whose keys are strings. */
  entry<T>(read: (value: WireReader) => T, absent: () => T): [string, T] {
    const entry = this.message();
    let key = "";
    let value: T | undefined;
    while (entry.next()) {
      if (entry.field === 1) key = entry.string();
      else if (entry.field === 2) value = read(entry);
      else entry.skip();
    }
    return [key, value ?? absent()];
  }

  #each(wire: number, read: (reader: WireReader) => void): void {
    if (this.#wire === wire) {
      this.#count();
      read(this);
      return;
    }
    const packed = this.message();
    while (packed.#position < packed.#end) {
      packed.#wire = wire;
      packed.#count();
      read(packed);
    }
  }

  #expect(wire: number): void {
    if (this.#wire !== wire) throw this.#invalid(`wire type ${this.#wire} where ${wire} is`);
  }

  /** The lower 32 bits, unsigned; the upper ones are in `#high`. */
  #varint32(): number {
    const { buffer } = this.#file;
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.#position >= this.#end) throw this.#invalid("an end inside of a number");
      const byte = buffer[this.#position++] as number;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (shift - 32);
      if (byte < 0x80) {
        this.#high = high;
        return low >>> 0;
      }
    }
    throw this.#invalid("a number of more than ten bytes");
  }

  #length(): number {
    const length = this.#varint32();
    if (this.#high !== 0) throw this.#invalid("a length past the end");
    return length;
  }

  #bytesEnd(): number {
    this.#expect(LENGTH_DELIMITED);
    this.#count();
    const end = this.#length() + this.#position;
    if (end > this.#end) throw this.#invalid("a length past the end");
    return end;
  }

  #advance(length: number): void {
    if (length > this.#end - this.#position) throw this.#invalid("a length past the end");
    this.#position += length;
  }

  #count(): void {
    if (++this.#file.values > MAX_VALUES) {
      throw new SavedModelError("TOO_LARGE", `Expected at most ${MAX_VALUES} values in ${this.#file.name}`);
    }
  }

  #invalid(got: string): SavedModelError {
    return new SavedModelError(
      "FILE_INVALID",
      `${this.#file.name} is cut off or damaged: expected a field of its format, got ${got}, at byte ${this.#position} (field ${this.field})`,
    );
  }
}

/** What a varint of the type sint64 stands for. */
export function zigzag(value: bigint): bigint {
  const unsigned = BigInt.asUintN(64, value);
  return (unsigned >> 1n) ^ -(unsigned & 1n);
}
