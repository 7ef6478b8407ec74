import {
  bytesPerElement,
  createTensor,
  type DType,
  dataFromBytes,
  elementCount,
  PlinthError,
  type Tensor,
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
  const data = dataFromBytes(dtype, bytes);
  if (dtype === "bool") checkBooleans(data as Uint8Array, name);
  return createTensor(dtype, shape, data);
}

/** The raw form of a tensor, a view over its own memory but for `BYTES`. */
export function rawBytes(tensor: Tensor): Uint8Array {
  if (tensor.dtype === "string") return prefixedStrings(tensor.data);
  const { buffer, byteOffset, byteLength } = tensor.data;
  return new Uint8Array(buffer, byteOffset, byteLength);
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
