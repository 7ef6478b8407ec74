import { bytesPerElement, type DType, type Tensor } from "@plinth/core";
import { toBfloat16, toFloat16 } from "../tensors/half-precision.js";
import { NATIVE_TYPES, type NativeBinding, type NativeTensorInfo } from "./native-binding.js";

/**
 * Tensors for TensorFlow's library and back, all elements as they are. What @tensorflow/tfjs-node does not carry over is sent as numbers of
 * the same bits that it does, and read as numbers that hold it exactly.
 */
export class NativeTensors {
  readonly #binding: NativeBinding;

  constructor(binding: NativeBinding) {
    this.#binding = binding;
  }

  /** The number of a tensor of the library's, which the caller deletes. */
  create({ dtype, shape, data }: Tensor): number {
    const type = NATIVE_TYPES[dtype];
    switch (dtype) {
      case "float32":
      case "int32":
      case "uint8":
      case "bool":
        return this.#binding.createTensor(shape, type, unshared(data as Uint8Array));
      case "string":
        return this.#binding.createTensor(shape, type, data);
      case "int64":
        return this.#createWide(shape, data as BigInt64Array);
      case "float64":
      case "uint64":
        return this.#asBits(this.#createWide(shape, data as Float64Array), NATIVE_TYPES.int64, type);
      case "uint32":
        return this.#asBits(this.#createWords(shape, data as Uint32Array), NATIVE_TYPES.int32, type);
      default:
        return this.#createBytes(dtype, shape, data as Uint16Array);
    }
  }

  /** A copy. The library's own tensor is deleted. */
  take({ id, shape }: NativeTensorInfo, dtype: DType): Tensor {
    return { dtype, shape, data: this.#read(id, dtype) } as Tensor;
  }

  #read(id: number, dtype: DType): unknown {
    const type = NATIVE_TYPES[dtype];
    switch (dtype) {
      case "float32":
      case "int32":
      case "int64":
      case "bool":
      case "string":
        return this.#readOnce(id);
      case "float64":
        return new Float64Array((this.#readOnce(this.#asBits(id, type, NATIVE_TYPES.int64)) as BigInt64Array).buffer);
      case "complex64":
      case "complex128":
        return complexParts(dtype, this.#readOnce(this.#asBits(id, type, NATIVE_TYPES.int64)) as BigInt64Array);
      case "uint64":
        return new BigUint64Array((this.#readOnce(this.#asBits(id, type, NATIVE_TYPES.int64)) as BigInt64Array).buffer);
      case "uint32":
        return new Uint32Array((this.#readOnce(this.#asBits(id, type, NATIVE_TYPES.int32)) as Int32Array).buffer);
      case "float16":
        return Uint16Array.from(this.#readOnce(this.#cast(id, type, NATIVE_TYPES.float32)) as Float32Array, toFloat16);
      case "bfloat16":
        return Uint16Array.from(this.#readOnce(this.#cast(id, type, NATIVE_TYPES.float32)) as Float32Array, toBfloat16);
      case "int8":
        return Int8Array.from(this.#readOnce(this.#cast(id, type, NATIVE_TYPES.int32)) as Int32Array);
      case "uint8":
        return Uint8Array.from(this.#readOnce(this.#cast(id, type, NATIVE_TYPES.int32)) as Int32Array);
      case "int16":
        return Int16Array.from(this.#readOnce(this.#cast(id, type, NATIVE_TYPES.int32)) as Int32Array);
      case "uint16":
        return Uint16Array.from(this.#readOnce(this.#cast(id, type, NATIVE_TYPES.int32)) as Int32Array);
    }
  }

  #readOnce(id: number): unknown {
    try {
      return this.#binding.tensorDataSync(id);
    } finally {
      this.#binding.deleteTensor(id);
    }
  }

  /** Elements of 8 bytes go in as pairs of 4. */
  #createWide(shape: readonly number[], data: BigInt64Array | Float64Array): number {
    const { buffer, byteOffset, length } = unshared(data);
    return this.#binding.createTensor(shape, NATIVE_TYPES.int64, new Int32Array(buffer, byteOffset, length * 2));
  }

  #createWords(shape: readonly number[], data: Uint32Array): number {
    const { buffer, byteOffset, length } = unshared(data);
    return this.#binding.createTensor(shape, NATIVE_TYPES.int32, new Int32Array(buffer, byteOffset, length));
  }

  /** Other elements go in as bytes, with an axis for those of each. */
  #createBytes(dtype: Exclude<DType, "string">, shape: readonly number[], data: Uint16Array): number {
    const { buffer, byteOffset, byteLength } = unshared(data);
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    const width = bytesPerElement(dtype) as number;
    const byteShape = width === 1 ? shape : [...shape, width];
    const id = this.#binding.createTensor(byteShape, NATIVE_TYPES.uint8, bytes);
    return this.#asBits(id, NATIVE_TYPES.uint8, NATIVE_TYPES[dtype]);
  }

  #asBits(id: number, from: number, to: number): number {
    return this.#replace("Bitcast", id, [
      { name: "T", type: this.#binding.TF_ATTR_TYPE, value: from },
      { name: "type", type: this.#binding.TF_ATTR_TYPE, value: to },
    ]);
  }

  #cast(id: number, from: number, to: number): number {
    return this.#replace("Cast", id, [
      { name: "SrcT", type: this.#binding.TF_ATTR_TYPE, value: from },
      { name: "DstT", type: this.#binding.TF_ATTR_TYPE, value: to },
      { name: "Truncate", type: this.#binding.TF_ATTR_BOOL, value: false },
    ]);
  }

  /** What an op makes of a tensor, which is deleted. */
  #replace(op: string, id: number, attributes: Parameters<NativeBinding["executeOp"]>[1]): number {
    try {
      return (this.#binding.executeOp(op, attributes, [id], 1)[0] as NativeTensorInfo).id;
    } finally {
      this.#binding.deleteTensor(id);
    }
  }
}

function complexParts(dtype: "complex64" | "complex128", { buffer }: BigInt64Array): Float32Array | Float64Array {
  return dtype === "complex64" ? new Float32Array(buffer) : new Float64Array(buffer);
}

/** The library does not take memory that threads share. */
function unshared<T extends { readonly buffer: ArrayBufferLike; slice(): T }>(data: T): T {
  return data.buffer instanceof SharedArrayBuffer ? data.slice() : data;
}
