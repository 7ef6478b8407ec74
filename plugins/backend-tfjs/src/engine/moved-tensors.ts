import type { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu/dist/backend_cpu.js";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { type DataTypeMap, type TensorInfo, util } from "@tensorflow/tfjs-core";

type Values = ReturnType<MathBackendCPU["readSync"]>;

/** A copy of a tensor in WASM for the CPU's kernels; the caller's to dispose. */
export function toCpu({ dataId, shape, dtype }: TensorInfo, wasm: BackendWasm, cpu: MathBackendCPU): TensorInfo {
  if (dtype !== "complex64") return cpu.makeTensorInfo(shape, dtype, wasm.readSync(dataId) as DataTypeMap["float32"]);
  const begin = wasm.getMemoryOffset(dataId);
  const end = begin + util.sizeFromShape(shape) * util.bytesPerElement(dtype);
  const { HEAPU8 } = wasm.wasm as unknown as { readonly HEAPU8: Uint8Array };
  const parts = new Float32Array(HEAPU8.slice(begin, end).buffer as ArrayBuffer);
  const each = (first: number) =>
    cpu.makeTensorInfo(
      shape,
      "float32",
      Float32Array.from({ length: parts.length / 2 }, (_, at) => parts[2 * at + first] as number),
    );
  const info = cpu.makeTensorInfo(shape, dtype);
  // As the CPU's own kernel of complex numbers makes them: they go with the tensor that they are the parts of.
  cpu.data.get(info.dataId).complexTensorInfos = { real: each(0), imag: each(1) };
  return info;
}

/** A copy in WASM of what a kernel of the CPU gave: of complex numbers the parts of each in turn. */
export function fromCpu({ dataId, shape, dtype }: TensorInfo, cpu: MathBackendCPU, wasm: BackendWasm): TensorInfo {
  return { dataId: wasm.write(exactly(dtype, cpu.readSync(dataId)), shape, dtype), shape, dtype };
}

/** The CPU backend keeps numbers in whatever array a kernel has made; WASM copies bytes. */
function exactly(dtype: string, values: Values): Values {
  switch (dtype) {
    case "float32":
    case "complex64":
      return values instanceof Float32Array ? values : Float32Array.from(values as Int32Array);
    case "int32":
      return values instanceof Int32Array ? values : Int32Array.from(values as Float32Array);
    case "bool":
      return values instanceof Uint8Array ? values : Uint8Array.from(values as Int32Array);
    default:
      return values;
  }
}
