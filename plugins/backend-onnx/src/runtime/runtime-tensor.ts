import { isUtf8 } from "node:buffer";
import { PlinthError, type Tensor } from "@plinth/core";
import type { OnnxDType } from "../dtypes.js";

/** What ONNX Runtime's native part reads of a tensor, so that any object with these properties will do. */
export interface RuntimeTensor {
  readonly type: OnnxDType;
  readonly dims: readonly number[];
  readonly location: "cpu";
  readonly data: Exclude<Tensor<OnnxDType>["data"], readonly Uint8Array[]> | readonly string[];
}

/**
 * A view over the tensor's data, but a copy of shared memory, which ONNX Runtime does not take.
 *
 * @throws PlinthError `TENSOR_INVALID` for strings that would not arrive as they are.
 */
export function toRuntimeTensor(name: string, tensor: Tensor<OnnxDType>): RuntimeTensor {
  if (tensor.dtype === "string") {
    const data = tensor.data.map((bytes, index) => decodeText(name, bytes, index));
    return { type: "string", dims: tensor.shape, location: "cpu", data };
  }
  const { dtype, shape, data } = tensor;
  const unshared = data.buffer instanceof SharedArrayBuffer ? data.slice() : data;
  return { type: dtype, dims: shape, location: "cpu", data: unshared };
}

/** A view over the runtime's data. */
export function fromRuntimeTensor({ type, dims, data }: RuntimeTensor): Tensor {
  if (type === "string")
    return { dtype: type, shape: dims, data: (data as readonly string[]).map((text) => encoder.encode(text)) };
  return { dtype: type, shape: dims, data: type === "float16" ? asRawBits(data) : data } as Tensor;
}

const encoder = new TextEncoder();

/** The binding takes JavaScript strings and hands them on as C strings, so only UTF-8 without NUL arrives as it was. */
function decodeText(name: string, bytes: Uint8Array, index: number): string {
  const fault = bytes.includes(0) ? "a NUL byte" : isUtf8(bytes) ? undefined : "bytes that are not UTF-8";
  if (fault === undefined) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  throw new PlinthError(
    "TENSOR_INVALID",
    `Element ${index} of input ${JSON.stringify(name)} holds ${fault}, which ONNX Runtime would change. ` +
      "Expected UTF-8 text; send other bytes encoded, as in Base64",
  );
}

/** Where JavaScript has a Float16Array (Node 24), the binding gives one in place of a Uint16Array. */
function asRawBits(data: RuntimeTensor["data"]): Uint16Array {
  if (data instanceof Uint16Array) return data;
  const { buffer, byteOffset, length } = data as unknown as Uint16Array;
  return new Uint16Array(buffer, byteOffset, length);
}
