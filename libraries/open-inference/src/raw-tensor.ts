import {
  bytesPerElement,
  createTensor,
  type DType,
  elementCount,
  PlinthError,
  type Tensor,
  viewData,
} from "@plinth/core";
import { prefixedStrings, readPrefixedStrings } from "./prefixed-strings.js";

/**
 * A tensor out of its raw form: little-endian, row-major, without padding; `BOOL` is a byte of 0 or 1, `BYTES` as
 * {@link readPrefixedStrings} reads it.
 *
 * The elements are views over `bytes` wherever the place in memory allows that (copied in one piece where it does not), so nobody may
 * write to `bytes` as long as the tensor is in use.
 *
 * @param shape non-negative integers
 * @param name of the input, for messages
 * @throws PlinthError `TENSOR_INVALID` where the bytes do not make a tensor of this shape
 */
export function readRawTensor(dtype: DType, shape: readonly number[], bytes: Uint8Array, name: string): Tensor {
  const count = elementCount(shape);
  if (dtype === "string") return createTensor(dtype, shape, readPrefixedStrings(bytes, count, name));
  const expected = count * (bytesPerElement(dtype) as number);
  if (bytes.byteLength !== expected) throw wrongSize(name, expected, bytes.byteLength);
  const { buffer, byteOffset } = aligned(bytes, dtype);
  const partBytes = partSize(dtype);
  const data = viewData(dtype, buffer, byteOffset, bytes.byteLength / partBytes);
  if (dtype === "bool") checkBooleans(data as Uint8Array, name);
  return createTensor(dtype, shape, data);
}

/** The raw form of a tensor, a view over its own memory but for `BYTES`. */
export function rawBytes(tensor: Tensor): Uint8Array {
  if (tensor.dtype === "string") return prefixedStrings(tensor.data);
  const { buffer, byteOffset, byteLength } = tensor.data;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Bytes that an array element takes: half of a complex number. */
function partSize(dtype: Exclude<DType, "string">): number {
  const size = bytesPerElement(dtype) as number;
  return dtype.startsWith("complex") ? size / 2 : size;
}

function aligned(bytes: Uint8Array, dtype: Exclude<DType, "string">): { buffer: ArrayBuffer; byteOffset: number } {
  const { buffer, byteOffset } = byteOffsetFits(bytes, dtype) ? bytes : new Uint8Array(bytes);
  return { buffer: buffer as ArrayBuffer, byteOffset };
}

function byteOffsetFits({ byteOffset }: Uint8Array, dtype: Exclude<DType, "string">): boolean {
  return byteOffset % partSize(dtype) === 0;
}

function checkBooleans(data: Uint8Array, name: string): void {
  const index = data.findIndex((value) => value > 1);
  if (index === -1) return;
  throw new PlinthError(
    "TENSOR_INVALID",
    `Input '${name}' of BOOL has a byte ${data[index]} at element ${index}: expected 0 or 1`,
    { details: { input: name } },
  );
}

function wrongSize(name: string, expected: number, got: number): PlinthError {
  return new PlinthError(
    "TENSOR_INVALID",
    `input byte size mismatch for input '${name}'. Expected ${expected} bytes for its shape and datatype, got ${got}`,
    { details: { input: name } },
  );
}
