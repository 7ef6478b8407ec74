import { deserialize, serialize } from "node:v8";
import type { PackedTensors } from "./packed-tensors.js";

/*
 * Messages as bytes: two lengths (of the head and of the tensors, 32 and 64 bits, little-endian), the head, cloned as V8 does, and
 * the bytes of the tensors as they are.
 */

const LENGTHS_BYTES = 12;

/** Largest head, in bytes: a message without its tensors. */
const MAX_HEAD_BYTES = 64 * 1024 * 1024;

/** Largest tensors of one message, in bytes. */
const MAX_TENSOR_BYTES = 2 ** 32;

const NO_BYTES = new ArrayBuffer(0);

interface Message {
  readonly tensors?: PackedTensors;
}

/** The pieces of a message, to be written one behind the other. */
export function frameOf(message: object): readonly Uint8Array[] {
  const { tensors } = message as Message;
  const bytes = tensors?.bytes ?? NO_BYTES;
  const head = serialize(tensors === undefined ? message : { ...message, tensors: { ...tensors, bytes: NO_BYTES } });
  const lengths = Buffer.allocUnsafe(LENGTHS_BYTES);
  lengths.writeUInt32LE(head.length, 0);
  lengths.writeBigUInt64LE(BigInt(bytes.byteLength), 4);
  return bytes.byteLength === 0 ? [lengths, head] : [lengths, head, new Uint8Array(bytes)];
}

/** Puts messages together from the chunks in which they arrive. */
export class FrameReader {
  readonly #receive: (message: object) => void;
  #lengths = new Uint8Array(LENGTHS_BYTES);
  #head = new Uint8Array(0);
  #tensors = new Uint8Array(0);
  /** Bytes of the frame that are there. */
  #filled = 0;

  constructor(receive: (message: object) => void) {
    this.#receive = receive;
  }

  /** @throws Error where the bytes are no message; nothing can be read after that. */
  push(chunk: Uint8Array): void {
    for (let rest = chunk; rest.length > 0; ) rest = rest.subarray(this.#take(rest));
  }

  /** Takes what belongs to the part that is being filled. */
  #take(bytes: Uint8Array): number {
    const headEnd = LENGTHS_BYTES + this.#head.length;
    const taken =
      this.#filled < LENGTHS_BYTES
        ? fill(this.#lengths, this.#filled, bytes)
        : this.#filled < headEnd
          ? fill(this.#head, this.#filled - LENGTHS_BYTES, bytes)
          : fill(this.#tensors, this.#filled - headEnd, bytes);
    this.#filled += taken;
    if (this.#filled === LENGTHS_BYTES) this.#allocate();
    if (this.#filled === LENGTHS_BYTES + this.#head.length + this.#tensors.length) this.#finish();
    return taken;
  }

  #allocate(): void {
    const view = new DataView(this.#lengths.buffer);
    const headBytes = view.getUint32(0, true);
    const tensorBytes = Number(view.getBigUint64(4, true));
    if (headBytes === 0 || headBytes > MAX_HEAD_BYTES || tensorBytes > MAX_TENSOR_BYTES) {
      throw new Error(`expected a message, got lengths of ${headBytes} and ${tensorBytes} bytes`);
    }
    this.#head = new Uint8Array(headBytes);
    this.#tensors = new Uint8Array(tensorBytes);
  }

  #finish(): void {
    const message = deserialize(this.#head) as Message;
    const { tensors } = message;
    const bytes = this.#tensors.buffer;
    this.#filled = 0;
    this.#head = new Uint8Array(0);
    this.#tensors = new Uint8Array(0);
    this.#receive(tensors === undefined ? message : { ...message, tensors: { ...tensors, bytes } });
  }
}

function fill(target: Uint8Array, from: number, bytes: Uint8Array): number {
  const taken = bytes.subarray(0, target.length - from);
  target.set(taken, from);
  return taken.length;
}
