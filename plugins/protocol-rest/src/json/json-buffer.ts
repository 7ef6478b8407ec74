/** A document under construction. */
export class JsonBuffer {
  /** Written up to {@link length}; another buffer after each `reserve` that needed more room. */
  bytes: Buffer;
  length = 0;

  /** @param expectedBytes how long the document is expected to become; it may become longer */
  constructor(expectedBytes: number) {
    this.bytes = Buffer.allocUnsafe(expectedBytes);
  }

  /** Makes room for `extra` bytes behind {@link length}. */
  reserve(extra: number): void {
    const needed = this.length + extra;
    if (needed <= this.bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  /** Appends text of ASCII characters as it is. */
  ascii(text: string): void {
    this.reserve(text.length);
    this.length += this.bytes.write(text, this.length, "latin1");
  }

  append(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  finish(): Buffer {
    return this.bytes.subarray(0, this.length);
  }
}
