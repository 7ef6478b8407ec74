import { allocateData, type DType, type DTypeData, type Tensor } from "@plinth/core";
import { type Tensor as EngineTensor, engine, imag, real, tidy } from "@tensorflow/tfjs-core";
import { toBfloat16, toFloat16 } from "./half-precision.js";

/** The elements of a tensor as the engine has them; the array may be the engine's own. Strings are bytes. */
export function readValues(tensor: EngineTensor): Float32Array | Int32Array | Uint8Array | readonly Uint8Array[] {
  return engine().readSync(tensor.dataId) as unknown as Float32Array;
}

/** A copy of an engine's tensor with the elements that the signature tells. */
export function fromEngine(tensor: EngineTensor, dtype: DType): Tensor {
  if (dtype === "complex64" || dtype === "complex128") return complexFromEngine(tensor, dtype);
  return { dtype, shape: tensor.shape, data: outgoing(readValues(tensor), dtype) } as Tensor;
}

function complexFromEngine(tensor: EngineTensor, dtype: "complex64" | "complex128"): Tensor {
  const data = allocateData(dtype, tensor.size);
  tidy(() => {
    for (const [first, part] of [real(tensor), imag(tensor)].entries()) {
      const values = readValues(part) as Float32Array;
      for (let at = 0; at < values.length; at++) data[2 * at + first] = values[at] as number;
    }
  });
  return { dtype, shape: tensor.shape, data } as Tensor;
}

function outgoing(values: ReturnType<typeof readValues>, dtype: DType): DTypeData[DType] {
  const numbers = values as Int32Array;
  switch (dtype) {
    case "string":
      return [...(values as readonly Uint8Array[])];
    case "float32":
      return owned(values, Float32Array);
    case "int32":
      return owned(values, Int32Array);
    case "bool":
      return owned(values, Uint8Array);
    case "float64":
      return Float64Array.from(numbers);
    case "float16":
      return Uint16Array.from(numbers, toFloat16);
    case "bfloat16":
      return Uint16Array.from(numbers, toBfloat16);
    case "int8":
      return Int8Array.from(numbers);
    case "int16":
      return Int16Array.from(numbers);
    case "uint8":
      return Uint8Array.from(numbers);
    case "uint16":
      return Uint16Array.from(numbers);
    case "uint32":
      return Uint32Array.from(numbers);
    case "int64":
      return BigInt64Array.from(numbers as Iterable<number> as never, BigInt as never);
    case "uint64":
      return BigUint64Array.from(numbers as Iterable<number> as never, BigInt as never);
    default:
      throw new TypeError(`Outputs of ${dtype} are refused when a model is loaded`);
  }
}

/** WASM and the native library give fresh memory out; the CPU backend its own, which may be a weight or the request's. */
function owned<T extends Float32Array | Int32Array | Uint8Array>(
  values: ReturnType<typeof readValues>,
  array: { new (values: ArrayLike<number>): T },
): T {
  if (values instanceof array && engine().backendName !== "cpu") return values;
  return new array(values as ArrayLike<number>);
}
