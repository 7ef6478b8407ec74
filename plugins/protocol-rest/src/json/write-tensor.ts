import { PlinthError, type Tensor } from "@plinth/core";
import { CLOSE_BRACKET, COMMA, OPEN_BRACKET } from "./characters.js";
import { fromBfloat16Bits, fromFloat16Bits } from "./half-precision.js";
import type { JsonBuffer } from "./json-buffer.js";
import { MAX_FLOAT32_BYTES, writeFloat32 } from "./write-float32.js";
import { MAX_FLOAT64_BYTES, writeFloat64 } from "./write-float64.js";
import { MAX_INTEGER_BYTES, writeInteger } from "./write-integer.js";
import { writeBytes } from "./write-string.js";

/** Writes elements of one tensor, from index `first` on, as nested lists of `shape`; the bare element for `[]`. */
export type WriteTensor = (out: JsonBuffer, shape: readonly number[], first: number) => void;

/**
 * A writer of the elements of `tensor`: numbers in their shortest form, 64 bits to the last digit, `true` and `false`, strings.
 *
 * @param binary writes all strings as `{"b64": "..."}`, not only those that are no UTF-8
 * @throws PlinthError `TENSOR_INVALID` for complex numbers, which have no form in JSON
 */
export function tensorWriter(tensor: Tensor, binary: boolean): WriteTensor {
  const writeRow = rowWriter(tensor, binary);
  return (out, shape, first) => {
    if (shape.length === 0) writeRow(out, first, 1);
    else writeLists(out, writeRow, shape, 0, first);
  };
}

/** Writes `count` elements from index `first` on, with commas between them. */
type WriteRow = (out: JsonBuffer, first: number, count: number) => void;

/** Writes one number and gives the position after it. */
type WriteNumber = (bytes: Uint8Array, at: number, value: number) => number;

/** Writes the list at `axis` that begins with element `first`; gives the index of the element after it. */
function writeLists(
  out: JsonBuffer,
  writeRow: WriteRow,
  shape: readonly number[],
  axis: number,
  first: number,
): number {
  const length = shape[axis] as number;
  out.byte(OPEN_BRACKET);
  if (axis === shape.length - 1) {
    writeRow(out, first, length);
    first += length;
  } else {
    for (let index = 0; index < length; index++) {
      if (index > 0) out.byte(COMMA);
      first = writeLists(out, writeRow, shape, axis + 1, first);
    }
  }
  out.byte(CLOSE_BRACKET);
  return first;
}

function rowWriter(tensor: Tensor, binary: boolean): WriteRow {
  switch (tensor.dtype) {
    case "float32":
      return numbers(tensor.data, MAX_FLOAT32_BYTES, writeFloat32);
    case "float64":
      return numbers(tensor.data, MAX_FLOAT64_BYTES, writeFloat64);
    case "float16":
      return numbers(tensor.data, MAX_FLOAT32_BYTES, (bytes, at, bits) =>
        writeFloat32(bytes, at, fromFloat16Bits(bits)),
      );
    case "bfloat16":
      return numbers(tensor.data, MAX_FLOAT32_BYTES, (bytes, at, bits) =>
        writeFloat32(bytes, at, fromBfloat16Bits(bits)),
      );
    case "int8":
    case "int16":
    case "int32":
    case "uint8":
    case "uint16":
    case "uint32":
      return numbers(tensor.data, MAX_INTEGER_BYTES, writeInteger);
    case "int64":
    case "uint64":
      return elements(tensor.data, (out, value) => out.ascii(value.toString()));
    case "bool":
      return elements(tensor.data, (out, value) => out.ascii(value === 0 ? "false" : "true"));
    case "string":
      return elements(tensor.data, (out, value) => writeBytes(out, value, binary));
    default:
      throw new PlinthError(
        "TENSOR_INVALID",
        `JSON has no form for the tensor type: ${tensor.dtype}. Let the model give real and imaginary parts as two outputs`,
      );
  }
}

function numbers(data: ArrayLike<number>, maxBytes: number, writeNumber: WriteNumber): WriteRow {
  return (out, first, count) => {
    out.reserve(count * (maxBytes + 1));
    const { bytes } = out;
    let at = out.length;
    for (let index = first; index < first + count; index++) {
      if (index > first) bytes[at++] = COMMA;
      at = writeNumber(bytes, at, data[index] as number);
    }
    out.length = at;
  };
}

function elements<T>(data: ArrayLike<T>, writeElement: (out: JsonBuffer, value: T) => void): WriteRow {
  return (out, first, count) => {
    for (let index = first; index < first + count; index++) {
      if (index > first) out.byte(COMMA);
      writeElement(out, data[index] as T);
    }
  };
}
