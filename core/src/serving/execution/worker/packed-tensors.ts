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
  /** Array elements. Of a string tensor, the length of each in bytes, as 32 bits, comes first; then they follow without gaps. */
  readonly length: number;
}

/** Any typed array begins at a multiple of this. */
const ALIGNMENT = 8;

/** Bytes that tell the length of one element of a string tensor. */
const LENGTH_BYTES = Uint32Array.BYTES_PER_ELEMENT;

/** A copy of the tensors. */
export function packTensors(tensors: NamedTensors): PackedTensors {
  const parts: PackedPart[] = [];
  let size = 0;
  for (const [name, tensor] of tensors) {
    const { dtype, shape, data } = tensor;
    parts.push({ name, dtype, shape, offset: size, length: data.length });
    size = Math.ceil((size + packedBytesOf(tensor)) / ALIGNMENT) * ALIGNMENT;
  }
  const bytes = new ArrayBuffer(size);
  let index = 0;
  for (const tensor of tensors.values()) copyInto(bytes, parts[index++]?.offset ?? 0, tensor);
  return { parts, bytes };
}

/** The tensors as views over the packed memory, which is theirs from then on. */
export function unpackTensors({ parts, bytes }: PackedTensors): NamedTensors {
  return new Map(parts.map((part) => [part.name, viewOf(part, bytes)]));
}

function packedBytesOf({ dtype, data }: Tensor): number {
  return dtype === "string" ? data.reduce((sum, { length }) => sum + LENGTH_BYTES + length, 0) : data.byteLength;
}

function copyInto(bytes: ArrayBuffer, offset: number, { dtype, data }: Tensor): void {
  const target = new Uint8Array(bytes, offset);
  if (dtype !== "string") {
    target.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    return;
  }
  new Uint32Array(bytes, offset, data.length).set(data.map(({ length }) => length));
  let at = data.length * LENGTH_BYTES;
  for (const element of data) {
    target.set(element, at);
    at += element.length;
  }
}

function viewOf({ dtype, shape, offset, length }: PackedPart, bytes: ArrayBuffer): Tensor {
  if (dtype !== "string") return { dtype, shape, data: viewData(dtype, bytes, offset, length) } as Tensor;
  let at = offset + length * LENGTH_BYTES;
  const data = Array.from(new Uint32Array(bytes, offset, length), (byteLength) => {
    const element = new Uint8Array(bytes, at, byteLength);
    at += byteLength;
    return element;
  });
  return { dtype, shape, data };
}
