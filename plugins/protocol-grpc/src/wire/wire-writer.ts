import { LENGTH_DELIMITED, tag, VARINT } from "./wire-format.js";

/** Bytes that a number takes as a varint; `value` is a non-negative safe integer. */
export function varintBytes(value: number): number {
  let bytes = 1;
  for (let left = value; left >= 0x80; left = Math.floor(left / 0x80)) bytes++;
  return bytes;
}

/** As {@link varintBytes}, of any 64 bits. */
export function varint64Bytes(value: bigint): number {
  let bytes = 1;
  for (let left = BigInt.asUintN(64, value); left >= 0x80n; left >>= 7n) bytes++;
  return bytes;
}

/** Bytes that a length-delimited field with a number below 16 takes, with all of its `length` bytes. */
export function lengthDelimitedBytes(length: number): number {
  return 1 + varintBytes(length) + length;
}

/** Writes a protobuf message of which the size is known, into memory of just that size. */
export class WireWriter {
  readonly bytes: Buffer;
  #at = 0;

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafe(size);
  }

  /** A non-negative safe integer. */
  varintField(field: number, value: number): void {
    this.#varint(tag(field, VARINT));
    this.#varint(value);
  }

  /** Any 64 bits, signed or not. */
  varint64Field(field: number, value: bigint): void {
    this.#varint(tag(field, VARINT));
    let left = BigInt.asUintN(64, value);
    while (left >= 0x80n) {
      this.bytes[this.#at++] = Number(left & 0x7fn) | 0x80;
      left >>= 7n;
    }
    this.bytes[this.#at++] = Number(left);
  }

  /** What stands before the bytes of a field; they are to follow. */
  lengthDelimited(field: number, length: number): void {
    this.#varint(tag(field, LENGTH_DELIMITED));
    this.#varint(length);
  }

  /** `length` is what `Buffer.byteLength` says of the text. */
  text(field: number, text: string, length: number): void {
    this.lengthDelimited(field, length);
    this.#at += this.bytes.write(text, this.#at, length, "utf8");
  }

  raw(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** Has `write` put bytes at the place that it is given, and say how many. */
  place(write: (bytes: Buffer, at: number) => number): void {
    this.#at += write(this.bytes, this.#at);
  }

  #varint(value: number): void {
    let left = value;
    while (left >= 0x80) {
      this.bytes[this.#at++] = (left % 0x80) | 0x80;
      left = Math.floor(left / 0x80);
    }
    this.bytes[this.#at++] = left;
  }
}
