import { PlinthError } from "@plinth/core";
import { FIXED32, FIXED64, LENGTH_DELIMITED, VARINT } from "./wire-format.js";

/** Most bytes of a varint: 64 bits, seven a byte. */
const MAX_VARINT_BYTES = 10;

/**
 * Reads one protobuf message, field by field, without making anything of what nobody asks for. Nested messages are read by readers of
 * their own, which cannot leave them.
 *
 * Every method throws `REQUEST_INVALID` where the message ends too early or is none. A field whose number is known and whose wire type is
 * another is, as everywhere in protobuf, one that is not known: its {@link tag} is another.
 */
export class WireReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #at: number;
  #tag = 0;

  constructor(bytes: Buffer, at = 0, end: number = bytes.length) {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
  }

  /** Of the field that {@link next} came to: number and wire type. */
  get tag(): number {
    return this.#tag;
  }

  /** Goes to the next field; `false` at the end. The value of the one before must have been read or skipped. */
  next(): boolean {
    if (this.#at >= this.#end) return false;
    this.#tag = this.uint32();
    if (this.#tag >>> 3 === 0) throw malformed("a field has the number 0");
    return true;
  }

  /** Whether something is left to read: the elements of a packed field have no tags. */
  get isAtEnd(): boolean {
    return this.#at >= this.#end;
  }

  /** A varint's lower 32 bits: how uint32, int32, enumerations and booleans are read. */
  uint32(): number {
    const bytes = this.#bytes;
    const first = this.#byte();
    if (first < 0x80) return first;
    let value = first & 0x7f;
    for (let shift = 7; shift < 7 * MAX_VARINT_BYTES; shift += 7) {
      if (this.#at >= this.#end) throw endsInside("a number");
      const byte = bytes[this.#at++] as number;
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw malformed(`a number is longer than ${MAX_VARINT_BYTES} bytes`);
  }

  int32(): number {
    return this.uint32() | 0;
  }

  /** Signed. */
  int64(): bigint {
    return BigInt.asIntN(64, this.uint64());
  }

  uint64(): bigint {
    const first = this.#byte();
    if (first < 0x80) return BigInt(first);
    let low = first & 0x7f;
    // 28 bits, which four more bytes may fill, then the rest, so that most numbers take two bigints at most.
    let high = 0n;
    for (let shift = 7; shift < 7 * MAX_VARINT_BYTES; shift += 7) {
      const byte = this.#byte();
      if (shift < 28) low |= (byte & 0x7f) << shift;
      else high |= BigInt(byte & 0x7f) << BigInt(shift);
      if (byte < 0x80) return BigInt.asUintN(64, high | BigInt(low));
    }
    throw malformed(`a number is longer than ${MAX_VARINT_BYTES} bytes`);
  }

  /** A view of the message. */
  bytes(): Buffer {
    const start = this.#lengthDelimited();
    return this.#bytes.subarray(start, this.#at);
  }

  message(): WireReader {
    const start = this.#lengthDelimited();
    return new WireReader(this.#bytes, start, this.#at);
  }

  /** Bytes that are no UTF-8 become U+FFFD. */
  string(): string {
    const start = this.#lengthDelimited();
    return this.#bytes.toString("utf8", start, this.#at);
  }

  /** The next `length` bytes, as a view: elements of a packed field. */
  raw(length: number): Buffer {
    const start = this.#advance(length);
    return this.#bytes.subarray(start, this.#at);
  }

  /** Passes over the value of the field that {@link next} came to. */
  skip(): void {
    switch (this.#tag & 7) {
      case VARINT:
        while (this.#byte() >= 0x80);
        return;
      case FIXED64:
        this.#advance(8);
        return;
      case LENGTH_DELIMITED:
        this.#lengthDelimited();
        return;
      case FIXED32:
        this.#advance(4);
        return;
      default:
        throw malformed(`field ${this.#tag >>> 3} has the wire type ${this.#tag & 7}, which is not read`);
    }
  }

  /** As {@link skip}, and gives back the value's bytes. */
  skipped(): Buffer {
    const start = this.#at;
    this.skip();
    return this.#bytes.subarray(start, this.#at);
  }

  #byte(): number {
    if (this.#at >= this.#end) throw endsInside("a number");
    return this.#bytes[this.#at++] as number;
  }

  /** Where the bytes begin; they end where the reader stands then. */
  #lengthDelimited(): number {
    return this.#advance(this.uint32());
  }

  #advance(length: number): number {
    const start = this.#at;
    if (length > this.#end - start) {
      throw endsInside(`field ${this.#tag >>> 3}: ${length} bytes are announced, ${this.#end - start} are left`);
    }
    this.#at = start + length;
    return start;
  }
}

function endsInside(what: string): PlinthError {
  return malformed(`it ends inside ${what}`);
}

function malformed(why: string): PlinthError {
  return new PlinthError("REQUEST_INVALID", `The request is no protobuf message of its type: ${why}`);
}
