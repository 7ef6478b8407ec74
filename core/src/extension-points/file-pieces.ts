/**
 * Size of a piece that has others behind it, in bytes. Each costs a way through the event loop and through a thread of Node's for
 * files, where small ones, as they come from a network, would spend most of their time.
 */
export const PIECE_BYTES: number = 1024 * 1024;

/** The memory that the pieces of files are gathered in, one file after the other: two buffers that take turns. */
export class FilePieces {
  readonly #buffers: Uint8Array[] = [];
  #turn = 0;

  /**
   * The same content in large pieces of shared memory. Whoever gives it may use its own memory again as soon as it is asked for more;
   * a piece of ours stays as it is until the next but one is asked for.
   */
  async *gather(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let buffer = this.#next();
    let filled = 0;
    for await (const chunk of content) {
      for (let at = 0; at < chunk.byteLength; ) {
        const part = chunk.subarray(at, at + PIECE_BYTES - filled);
        buffer.set(part, filled);
        filled += part.byteLength;
        at += part.byteLength;
        if (filled < PIECE_BYTES) continue;
        yield buffer;
        buffer = this.#next();
        filled = 0;
      }
    }
    if (filled > 0) yield buffer.subarray(0, filled);
  }

  #next(): Uint8Array {
    this.#turn = 1 - this.#turn;
    this.#buffers[this.#turn] ??= new Uint8Array(new SharedArrayBuffer(PIECE_BYTES));
    return this.#buffers[this.#turn] as Uint8Array;
  }
}
