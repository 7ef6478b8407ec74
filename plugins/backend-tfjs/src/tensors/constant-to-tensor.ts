import { type DTypeData, PlinthError, type Tensor } from "@plinth/core";
import type { ConstantTensor } from "@plinth/saved-model";

interface NumericArray<T> {
  new (buffer: ArrayBuffer, byteOffset: number, length: number): T;
  readonly BYTES_PER_ELEMENT: number;
}

/**
 * A value of the model's files as a tensor of Plinth's: a view where its bytes lie where an array may begin.
 *
 * @throws PlinthError `MODEL_UNSUPPORTED` for elements that no tensor has
 */
export function constantToTensor(constant: ConstantTensor): Tensor {
  if (constant.dtype === "string") return { dtype: "string", shape: constant.shape, data: constant.strings };
  const { dtype, shape, bytes } = constant;
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
  const over = <T>(array: NumericArray<T>): T =>
    new array(buffer as ArrayBuffer, byteOffset, byteLength / array.BYTES_PER_ELEMENT);
  switch (dtype) {
    case "float32":
      return { dtype, shape, data: over(Float32Array) };
    case "float64":
      return { dtype, shape, data: over(Float64Array) };
    case "float16":
    case "bfloat16":
      return { dtype, shape, data: over<DTypeData["float16"]>(Uint16Array) };
    case "int8":
    case "qint8":
      return { dtype: "int8", shape, data: over(Int8Array) };
    case "uint8":
    case "quint8":
      return { dtype: "uint8", shape, data: over(Uint8Array) };
    case "bool":
      return { dtype, shape, data: over(Uint8Array) };
    case "int16":
      return { dtype, shape, data: over(Int16Array) };
    case "uint16":
      return { dtype, shape, data: over(Uint16Array) };
    case "int32":
    case "qint32":
      return { dtype: "int32", shape, data: over(Int32Array) };
    case "uint32":
      return { dtype, shape, data: over(Uint32Array) };
    case "int64":
      return { dtype, shape, data: over(BigInt64Array) };
    case "uint64":
      return { dtype, shape, data: over(BigUint64Array) };
    default:
      throw new PlinthError(
        "MODEL_UNSUPPORTED",
        `The model holds a constant of ${dtype}, which this engine does not have`,
      );
  }
}
