import { allocateData, type DType, type DTypeData, PlinthError } from "@plinth/core";
import type { TensorBudget } from "./tensor-budget.js";

/** Element types that protobuf writes as varints. */
export type VarintDType = Exclude<DType, "string" | "float32" | "float64" | "complex64" | "complex128">;

const MAX_VARINT_BYTES = 10;

/**
 * Elements that stand one behind the other as varints, as in a packed field. Negative numbers take ten bytes there, whatever their type.
 *
 * @throws PlinthError `TENSOR_INVALID` for a number that the type does not hold, or that does not end
 */
export function readVarints<D extends VarintDType>(dtype: D, bytes: Uint8Array, budget: TensorBudget): DTypeData[D] {
  const count = countVarints(bytes);
  budget.take(dtype, count);
  const data = allocateData(dtype, count);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) fillWide(data, bytes);
  else if (dtype === "bool") fillBooleans(data as Uint8Array, bytes);
  else fillNarrow(dtype, data as Exclude<typeof data, BigInt64Array | BigUint64Array>, bytes);
  return data;
}

/** How many varints end in these bytes. */
function countVarints(bytes: Uint8Array): number {
  let count = 0;
  for (let at = 0; at < bytes.length; at++) count += ((bytes[at] as number) >> 7) ^ 1;
  if (bytes.length > 0 && (bytes[bytes.length - 1] as number) >= 0x80) throw endless();
  return count;
}

function fillNarrow(
  dtype: DType,
  data: Exclude<DTypeData[VarintDType], BigInt64Array | BigUint64Array>,
  bytes: Uint8Array,
): void {
  // uint32 is the one of these types that int32 does not hold.
  const isUnsigned = dtype === "uint32";
  for (let at = 0, index = 0; index < data.length; index++) {
    let byte = bytes[at++] as number;
    let value = byte & 0x7f;
    for (let shift = 7; byte >= 0x80; shift += 7) {
      if (shift >= 7 * MAX_VARINT_BYTES) throw endless();
      byte = bytes[at++] as number;
      if (shift < 32) value |= (byte & 0x7f) << shift;
    }
    if (isUnsigned) value >>>= 0;
    data[index] = value;
    if (data[index] !== value) throw outOfRange(dtype, value);
  }
}

function fillBooleans(data: Uint8Array, bytes: Uint8Array): void {
  for (let at = 0, index = 0; index < data.length; index++) {
    let isTrue = 0;
    for (let length = 1; ; length++) {
      const byte = bytes[at++] as number;
      if ((byte & 0x7f) !== 0) isTrue = 1;
      if (byte < 0x80) break;
      if (length === MAX_VARINT_BYTES) throw endless();
    }
    data[index] = isTrue;
  }
}

/** By halves of 32 bits, since making a bigint of each number takes many times as long. */
function fillWide(data: BigInt64Array | BigUint64Array, bytes: Uint8Array): void {
  const halves = new Int32Array(data.buffer, data.byteOffset, data.length * 2);
  for (let at = 0, index = 0; index < halves.length; index += 2) {
    let low = 0;
    let high = 0;
    for (let shift = 0; ; shift += 7) {
      if (shift >= 7 * MAX_VARINT_BYTES) throw endless();
      const byte = bytes[at++] as number;
      const bits = byte & 0x7f;
      if (shift < 32) low |= bits << shift;
      if (shift === 28) high = bits >> 4;
      else if (shift > 28) high |= bits << (shift - 32);
      if (byte < 0x80) break;
    }
    halves[index] = low;
    halves[index + 1] = high;
  }
}

function endless(): PlinthError {
  return new PlinthError(
    "TENSOR_INVALID",
    `A number among the tensor's values is longer than ${MAX_VARINT_BYTES} bytes or does not end`,
  );
}

function outOfRange(dtype: DType, value: number): PlinthError {
  return new PlinthError("TENSOR_INVALID", `${dtype} does not hold the value ${value}`);
}
