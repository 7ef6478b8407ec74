import { type DType, viewData } from "../../../model/dtype.js";
import type { NamedTensors, Tensor } from "../../../model/tensor.js";

/** Tensors laid out one behind the other in one piece of memory, so that they cross to a worker without a copy for each. */
export interface PackedTensors {
  readonly parts: readonly PackedPart[];
  readonly bytes: ArrayBuffer;
}

interface PackedPart {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Where its bytes begin; a multiple of 8. */
  readonly offset: number;
  /** Array elements. */
  readonly length: number;
  /** Bytes of each element of a string tensor, whose elements follow each other without gaps. */
  readonly lengths?: Uint32Array;
}

/** Any typed array begins at a multiple of this. */
const ALIGNMENT = 8;

/** A copy of the tensors. */
export function packTensors(tensors: NamedTensors): PackedTensors {
  const parts: PackedPart[] = [];
  let size = 0;
  for (const [name, tensor] of tensors) {
    const part = layOut(name, tensor, size);
    parts.push(part);
    size = Math.ceil((size + byteLengthOf(tensor)) / ALIGNMENT) * ALIGNMENT;
  }
  const bytes = new ArrayBuffer(size);
  let index = 0;
  for (const tensor of tensors.values()) copyInto(new Uint8Array(bytes, parts[index++]?.offset), tensor);
  return { parts, bytes };
}

/** The tensors as views over the packed memory, which is theirs from then on. */
export function unpackTensors({ parts, bytes }: PackedTensors): NamedTensors {
  return new Map(parts.map((part) => [part.name, viewOf(part, bytes)]));
}

function layOut(name: string, { dtype, shape, data }: Tensor, offset: number): PackedPart {
  const part = { name, dtype, shape, offset, length: data.length };
  return dtype === "string" ? { ...part, lengths: Uint32Array.from(data, ({ length }) => length) } : part;
}

function byteLengthOf({ dtype, data }: Tensor): number {
  return dtype === "string" ? data.reduce((sum, { length }) => sum + length, 0) : data.byteLength;
}

function copyInto(target: Uint8Array, { dtype, data }: Tensor): void {
  if (dtype !== "string") {
    target.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    return;
  }
  let at = 0;
  for (const element of data) {
    target.set(element, at);
    at += element.length;
  }
}

function viewOf({ dtype, shape, offset, length, lengths }: PackedPart, bytes: ArrayBuffer): Tensor {
  if (dtype !== "string") return { dtype, shape, data: viewData(dtype, bytes, offset, length) } as Tensor;
  let at = offset;
  const data = Array.from(lengths ?? [], (byteLength) => {
    const element = new Uint8Array(bytes, at, byteLength);
    at += byteLength;
    return element;
  });
  return { dtype, shape, data };
}
