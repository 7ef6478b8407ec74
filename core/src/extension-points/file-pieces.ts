/**
 * Size of a piece that has others behind it, in bytes. Each costs a way through the event loop and through a thread of Node's for
 * files, where small ones, as they come from a network, would spend most of their time.
 */
export const PIECE_BYTES: number = 1024 * 1024;

/** Memory for the pieces of files, of a storage that keeps them longer than until it asks for the next. */
export interface PieceMemory {
  /**
   * Shared memory for one piece, whose size is a multiple of 1 MiB: nobody else's until the storage is done with the piece. Waits
   * until there is some. @throws the signal's reason
   */
  take(signal: AbortSignal): Promise<Uint8Array>;
  /** Takes back what no piece came of. */
  giveBack(memory: Uint8Array): void;
}

/** Gathers files in large pieces of shared memory, one file after the other. */
export class FilePieces {
  readonly #memory: PieceMemory;
  readonly #areKept: boolean;

  /** @param kept memory of a storage that keeps the pieces; else each stays as it is until the next but one is asked for */
  constructor(kept?: PieceMemory) {
    this.#memory = kept ?? new PiecesInTurns();
    this.#areKept = kept !== undefined;
  }

  /**
   * The same content in pieces. Whoever gives it may use its own memory again as soon as it is asked for more.
   *
   * @param read told of each {@link PIECE_BYTES} once they are there; settles when it needs them no longer
   */
  async *gather(
    content: AsyncIterable<Uint8Array>,
    read: (bytes: Uint8Array) => Promise<unknown>,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    let memory: Uint8Array | undefined;
    let filled = 0;
    let reading: Promise<unknown> | undefined;
    try {
      for await (const chunk of content) {
        for (let at = 0; at < chunk.byteLength; ) {
          memory ??= await this.#memory.take(signal);
          const more = chunk.subarray(at, at + PIECE_BYTES - (filled % PIECE_BYTES));
          memory.set(more, filled);
          filled += more.byteLength;
          at += more.byteLength;
          if (filled % PIECE_BYTES > 0) continue;
          // One behind, so that it is read while more comes, and while a piece that is not kept is stored.
          await reading;
          reading = read(memory.subarray(filled - PIECE_BYTES, filled));
          if (filled < memory.byteLength) continue;
          if (this.#areKept) await reading;
          const piece = memory;
          memory = undefined;
          filled = 0;
          yield piece;
        }
      }
      await reading;
      if (memory === undefined) return;
      await read(memory.subarray(filled - (filled % PIECE_BYTES), filled));
      const piece = memory.subarray(0, filled);
      memory = undefined;
      yield piece;
    } finally {
      if (memory !== undefined) this.#memory.giveBack(memory);
    }
  }
}

/** Two buffers that take turns. */
class PiecesInTurns implements PieceMemory {
  readonly #buffers: Uint8Array[] = [];
  #turn = 0;

  async take(): Promise<Uint8Array> {
    this.#turn = 1 - this.#turn;
    this.#buffers[this.#turn] ??= new Uint8Array(new SharedArrayBuffer(PIECE_BYTES));
    return this.#buffers[this.#turn] as Uint8Array;
  }

  giveBack(): void {}
}
