import type { ByteSource } from "./byte-source.js";

/** Protobuf wire types (https://protobuf.dev/programming-guides/encoding); groups, 3 and 4, do not occur in ONNX. */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

const BUFFER_BYTES = 64 * 1024;
const MAX_VARINT_BYTES = 10;

export interface Field {
  readonly number: number;
  readonly wireType: number;
  /** The number of a varint, exact up to 2^53; else 0. */
  readonly value: number;
  /** Where the content of a `bytes` field begins in the file, and where the field ends. */
  readonly start: number;
  readonly end: number;
}

/** The bytes are no protobuf message, or end too early. */
export class MalformedMessage extends Error {
  readonly truncated: boolean;

  constructor(message: string, truncated: boolean) {
    super(message);
    this.name = "MalformedMessage";
    this.truncated = truncated;
  }
}

/**
 * Walks over the fields of a protobuf file of any size with one small buffer. Content that nobody asks for is skipped by its
 * length and never read.
 */
export class FieldReader {
  readonly #source: ByteSource;
  readonly #buffer: Buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  #bufferStart = 0;
  #bufferBytes = 0;
  #position = 0;

  /** @param source its owner closes it */
  constructor(source: ByteSource) {
    this.#source = source;
  }

  get bytes(): number {
    return this.#source.bytes;
  }

  /**
   * The next field of the message that ends at `end`, or `undefined` after its last one. The reader then stands behind it.
   *
   * @throws MalformedMessage
   */
  next(end: number): Field | undefined {
    if (this.#position >= end) return undefined;
    const at = this.#position;
    const tag = this.#varint(end);
    const wireType = tag % 8;
    const number = Math.floor(tag / 8);
    if (number === 0) throw new MalformedMessage(`byte ${at} begins no protobuf field`, false);
    let value = 0;
    let length = 0;
    if (wireType === WIRE.varint) value = this.#varint(end);
    else if (wireType === WIRE.bytes) length = this.#varint(end);
    else if (wireType === WIRE.fixed64) length = 8;
    else if (wireType === WIRE.fixed32) length = 4;
    else
      throw new MalformedMessage(`byte ${at} begins a field of wire type ${wireType}, which ONNX does not use`, false);
    const start = this.#position;
    if (length > end - start) {
      throw new MalformedMessage(
        `at byte ${at} begins a field of ${length} bytes, but only ${end - start} follow`,
        end === this.bytes,
      );
    }
    this.#position = start + length;
    return { number, wireType, value, start, end: this.#position };
  }

  /** Steps back to the beginning of a field's content, to read it as a message. */
  enter(field: Field): void {
    this.#position = field.start;
  }

  /** A field's content as text. The reader stays where it is. @throws MalformedMessage past `maxBytes` */
  text(field: Field, maxBytes: number): string {
    const length = field.end - field.start;
    if (length > maxBytes) {
      throw new MalformedMessage(
        `at byte ${field.start} stands a text of ${length} bytes; at most ${maxBytes} are read`,
        false,
      );
    }
    const index = field.start - this.#bufferStart;
    const buffered = index >= 0 && index + length <= this.#bufferBytes;
    return (buffered ? this.#buffer.subarray(index, index + length) : this.read(field.start, length)).toString("utf8");
  }

  /** Up to `length` bytes from `position`; fewer only at the end of the file. The reader stays where it is. */
  read(position: number, length: number): Buffer {
    const bytes = Buffer.alloc(Math.min(length, Math.max(0, this.bytes - position)));
    return bytes.subarray(0, this.#source.read(bytes, position));
  }

  #varint(end: number): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < MAX_VARINT_BYTES; count += 1) {
      if (this.#position >= end) {
        throw new MalformedMessage(`a number is cut off at byte ${this.#position}`, end === this.bytes);
      }
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
    throw new MalformedMessage(`the number before byte ${this.#position} is too long`, false);
  }

  #byte(): number {
    let index = this.#position - this.#bufferStart;
    if (index < 0 || index >= this.#bufferBytes) {
      this.#bufferStart = this.#position;
      this.#bufferBytes = this.#source.read(this.#buffer, this.#position);
      index = 0;
    }
    const byte = this.#bufferBytes === 0 ? undefined : this.#buffer[index];
    if (byte === undefined) throw new MalformedMessage(`the file ends at byte ${this.#position}`, true);
    this.#position += 1;
    return byte;
  }
}
